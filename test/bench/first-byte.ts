import { performance } from 'node:perf_hooks';
import { request } from 'undici';
import { paths } from '../support/scripted-documents.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { besideNginx } from './contestants.js';
import type { Contestant } from './contestants.js';
import type { Figure } from './figure.js';
import { whyNoNginx } from './nginx.js';
import { rowOf, skippedRows } from './row.js';
import type { Row } from './row.js';

/** Measured from the request on. */
interface Times {
  readonly firstByteMs: number;
  readonly lastByteMs: number;
}

interface Seen {
  readonly larder: readonly Times[];
  readonly nginx: readonly Times[];
  /** The first byte without anything in between. */
  readonly directMs: readonly number[];
}

const sourceBytesPerSecond = 4_000_000;
/** How often the source sends: often, because what the two have in common hides what sets them apart. */
const sourceEveryMs = 4;

/** A package that nobody has yet, from a source that sends slowly; another one in each round. */
export const firstByte: Figure = {
  id: 'P10',
  name: 'the first byte',
  async measure({ isQuick, onRound }) {
    const fillerBytes = isQuick ? 1_000_000 : 20_000_000;
    const reason = await whyNoNginx();
    if (reason !== undefined) return skippedRows(rowsOf(fillerBytes, { larder: [], nginx: [], directMs: [] }), reason);
    const [warmUps, rounds] = isQuick ? [0, 2] : [1, 7];
    const times: Record<Contestant['name'], Times[]> = { larder: [], nginx: [] };
    const directMs: number[] = [];
    const source = await startScriptedSource({ packages: [{ id: 'Warm', version: '1.0.0' }] });
    try {
      await besideNginx(source.url, async ({ inTurns }) => {
        for (let round = 1 - warmUps; round <= rounds; round++) {
          onRound?.(Math.max(1, round), rounds);
          const id = `cold${warmUps + round}`;
          const added = source.add({ id, version: '1.0.0', fillerBytes });
          const path = `${id}/1.0.0/${id}.1.0.0.nupkg`;
          const direct = `${source.origin}/${paths.flat}${path}`;
          // The source makes a package and its hash when they are first asked for: that is nobody's time.
          source.clearFaults();
          if (added.sha512 === '') throw new Error('the source has no hash');
          await take(direct);
          source.fault(/\.nupkg$/, { dripBytesPerSecond: sourceBytesPerSecond, everyMs: sourceEveryMs });
          const atSource = await firstByteOf(direct);
          if (round > 0) directMs.push(atSource);
          for (const { name, urlOf } of inTurns(round)) {
            const one = await take(urlOf(path));
            if (round > 0) times[name].push(one);
          }
          source.remove(id);
        }
      });
      return rowsOf(fillerBytes, { ...times, directMs });
    } finally {
      await source.close();
    }
  },
};

async function take(url: string): Promise<Times> {
  const askedAtMs = performance.now();
  const { statusCode, body } = await request(url);
  let firstByteMs: number | undefined;
  for await (const _ of body) firstByteMs ??= performance.now() - askedAtMs;
  if (statusCode !== 200 || firstByteMs === undefined) throw new Error(`${url}: ${statusCode}`);
  return { firstByteMs, lastByteMs: performance.now() - askedAtMs };
}

/** Then lets go of the connection. */
async function firstByteOf(url: string): Promise<number> {
  const askedAtMs = performance.now();
  const { body } = await request(url);
  for await (const _ of body) break;
  return performance.now() - askedAtMs;
}

function rowsOf(fillerBytes: number, { larder, nginx, directMs }: Seen): readonly Row[] {
  const what = `cold ${fillerBytes / 1e6} MB at ${sourceBytesPerSecond / 1e6} MB/s`;
  const ratios = (of: keyof Times) => larder.map((times, at) => times[of] / (nginx[at]?.[of] ?? Number.NaN));
  const first = (times: readonly Times[]) => times.map(({ firstByteMs }) => firstByteMs);
  const ratio = { unit: '×', better: 'lower', peer: 'nginx' } as const;
  const time = { unit: 'ms', better: 'lower', target: null, peer: null } as const;
  return [
    rowOf({ ...ratio, id: 'P10a', name: `${what}: first byte over nginx`, target: 1.5 }, ratios('firstByteMs')),
    rowOf({ ...ratio, id: 'P10b', name: `${what}: last byte over nginx`, target: null }, ratios('lastByteMs')),
    rowOf({ ...time, id: 'P10c', name: `${what}: first byte` }, first(larder)),
    rowOf({ ...time, id: 'P10d', name: `${what}: first byte of nginx` }, first(nginx)),
    rowOf({ ...time, id: 'P10e', name: `${what}: first byte of the source` }, directMs),
  ];
}
