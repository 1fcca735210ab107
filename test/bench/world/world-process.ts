import { Agent } from 'undici';
import { startDelayProxy } from '../../support/delay-proxy.js';
import type { DelayProxy } from '../../support/delay-proxy.js';
import type { Mood } from '../../support/recorded-registry.js';
import { catalogPath } from '../../support/scripted-catalog.js';
import { paths } from '../../support/scripted-documents.js';
import { ScriptedSource } from '../../support/scripted-source.js';
import type { PackageScript } from '../../support/scripted-source.js';
import { readWorldPackage, writeWorldFolder } from './world-folder.js';
import type { WorldOrder, WorldReply } from './world-order.js';
import { worldShape } from './world-shape.js';
import type { WorldPackage, WorldSize } from './world-shape.js';

/*
 * A process of its own, so that what the sources cost is not taken from what is measured. Takes orders from the process that started it and
 * ends with it. Every source has the same packages; their bytes are shared.
 */

interface Opened {
  readonly source: ScriptedSource;
  readonly proxy: DelayProxy | undefined;
}

const slowMs = 5_000;
const opened: Opened[] = [];
let scripts: readonly PackageScript[] = [];

process.on('disconnect', () => process.exit());
process.on('message', (order: WorldOrder) => {
  obey(order).then(
    (reply) => process.send?.(reply),
    (error: unknown) => process.send?.({ kind: 'failed', message: String(error) } satisfies WorldReply),
  );
});

async function obey(order: WorldOrder): Promise<WorldReply> {
  switch (order.kind) {
    case 'make':
      await make(order.folder, order.size, order.families);
      return { kind: 'made' };
    case 'open':
      return open(order.roundTripMs);
    case 'become':
      await become(known(order.source).source, order.mood);
      return { kind: 'done' };
    case 'asked': {
      const { source, proxy } = known(order.source);
      const paths = source.requests.splice(0).map(({ path }) => path);
      return { kind: 'asked', asked: { paths, connections: proxy?.connections ?? 0 } };
    }
  }
}

async function make(folder: string, size: WorldSize, families: readonly string[]): Promise<void> {
  const packages = families.flatMap((family) => worldShape(size, family).packages);
  await writeWorldFolder(folder, packages);
  scripts = (await Promise.all(packages.map((one) => scriptsOf(folder, one)))).flat();
}

/** The version that is restored, with its bytes, and the others, which are only listed. */
async function scriptsOf(folder: string, one: WorldPackage): Promise<PackageScript[]> {
  const bytes = await readWorldPackage(folder, one);
  const { id, dependencies } = one;
  return one.versions.map((version) => ({ id, version, dependencies, ...(version === one.version && { bytes }) }));
}

async function open(roundTripMs: number): Promise<WorldReply> {
  let origin = '';
  const source = new ScriptedSource({
    packages: scripts,
    get knownAs() {
      return origin;
    },
  });
  await source.reopen();
  const proxy = roundTripMs > 0 ? await startDelayProxy({ port: source.port, roundTripMs }) : undefined;
  origin = `http://127.0.0.1:${(proxy ?? source).port}`;
  // A catalog in which nothing ever happens again.
  source.publish(catalogPath, { commitTimeStamp: '2026-01-01T00:00:00Z', count: 0, items: [] });
  await prepare(source);
  opened.push({ source, proxy });
  return { kind: 'opened', source: opened.length - 1, url: source.url };
}

/** Asked once, a source has its documents ready, compressed: whoever is measured first does not wait for that. */
async function prepare(source: ScriptedSource): Promise<void> {
  const agent = new Agent({ connections: 1 });
  const origin = `http://127.0.0.1:${source.port}`;
  const get = async (path: string) => {
    const { body } = await agent.request({ origin, path, method: 'GET', headers: { 'accept-encoding': 'gzip' } });
    await body.dump({ limit: Number.POSITIVE_INFINITY });
  };
  for (const { id, bytes } of scripts) {
    if (bytes === undefined) continue;
    const key = id.toLowerCase();
    await get(`/${paths.flat}${key}/index.json`);
    await get(`/v3/registration5-gz-semver2/${key}/index.json`);
  }
  await agent.close();
  source.requests.length = 0;
}

async function become(source: ScriptedSource, mood: Mood): Promise<void> {
  source.clearFaults();
  if (mood === 'closed') return source.close();
  await source.reopen();
  if (mood === 'silent') source.fault('', 'hang');
  else if (mood === 'slow') source.fault('', { delayMs: slowMs });
  else if (mood === '503') source.fault('', { status: 503 });
}

function known(source: number): Opened {
  const one = opened[source];
  if (one === undefined) throw new Error(`there is no source ${source}`);
  return one;
}
