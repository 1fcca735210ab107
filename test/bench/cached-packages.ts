import { startScriptedSource } from '../support/scripted-source.js';
import { comparedRows, loadBoth, noCosts } from './compared-load.js';
import { besideNginx } from './contestants.js';
import type { Figure } from './figure.js';
import { whyMissing } from './missing-tool.js';
import { whyNoNginx } from './nginx.js';
import { skippedRows } from './row.js';
import type { Row } from './row.js';
import { warmBoth } from './same-answer.js';

const version = '1.0.0';
const sizes = [
  {
    id: 'Small.Package',
    fillerBytes: 100_000,
    comparison: { figure: 'P2', letters: 'abcdef', what: 'cached package of 100 KB', target: 0.8 },
  },
  {
    id: 'Large.Package',
    fillerBytes: 5_000_000,
    comparison: { figure: 'P2', letters: 'ghijkl', what: 'cached package of 5 MB', target: 0.9 },
  },
] as const;

/** Packages that both have in their caches, loaded as the cached document is: the same connections, the same processors. */
export const cachedPackages: Figure = {
  id: 'P2',
  name: 'cached packages',
  async measure({ isQuick, onRound }) {
    const reason = (await whyNoNginx()) ?? (await whyMissing('wrk'));
    if (reason !== undefined)
      return sizes.flatMap(({ comparison }) => skippedRows(comparedRows(comparison, noCosts), reason));
    const [warmUps, rounds] = isQuick ? [0, 1] : [2, 7];
    const load = { connections: 32, seconds: isQuick ? 1 : 3 };
    const packages = sizes.map(({ id, fillerBytes }) => ({ id, version, fillerBytes }));
    const source = await startScriptedSource({ packages });
    try {
      return await besideNginx(source.url, async (contest) => {
        const rows: Row[] = [];
        for (const [at, { id, comparison }] of sizes.entries()) {
          const key = id.toLowerCase();
          const path = `${key}/${version}/${key}.${version}.nupkg`;
          await warmBoth(contest, path);
          const tell = (round: number) => onRound?.(at * rounds + round, sizes.length * rounds);
          rows.push(
            ...comparedRows(comparison, await loadBoth(contest, path, load, { warmUps, rounds, onRound: tell })),
          );
        }
        return rows;
      });
    } finally {
      await source.close();
    }
  },
};
