import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { Agent } from 'undici';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { startLarderProcess } from '../support/larder-process.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript } from '../support/scripted-source.js';
import { randomFrom } from '../support/random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { flatPath, receive } from './nupkg-download.js';
import type { Received } from './nupkg-download.js';

const rounds = Number(process.env['TEST_KILLS'] ?? 50);
const inParallel = 6;
const longestLifeMs = 5_000;

/** What else clients ask of an id. Search finds it, whatever has been asked for before. */
const documentsOf = (id: string): string[] => [
  `/v3/flat/${id.toLowerCase()}/index.json`,
  `/v3/registration-semver2/${id.toLowerCase()}/index.json`,
  `/v3/search?q=packageid:${id}&prerelease=true&semVerLevel=2.0.0`,
];

/** Sizes from 10 KB to 3 MB, small ones as frequent as large ones. */
function packagesOfRound(round: number, random: () => number): PackageScript[] {
  return Array.from({ length: inParallel }, (_, index) => ({
    id: `Round${round}.Package${index}`,
    version: '1.0.0',
    fillerBytes: Math.round(10_000 * 300 ** random()),
  }));
}

test(`trap 37: killed ${rounds} times under a mixed load, it loses no package that a client has, serves none that is damaged and calls nothing absent`, async (t) => {
  t.timeout(240_000 + rounds * 2_000);
  const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 2 ** 31);
  t.log(`seed ${seed}`);
  const random = randomFrom(seed);
  const data = await temporaryDirectory(t);
  const source = await startScriptedSource();
  t.teardown(() => source.close());
  const asked = new Map<string, PackageScript>();
  const acknowledged = new Set<string>();
  let whole = 0;
  let cutShort = 0;
  let documents = 0;

  const ask = async (agent: Agent, url: string, { id, version }: PackageScript): Promise<Received> => {
    const { origin } = new URL(url);
    const path = flatPath(PackageIdentity.parse(id, version));
    return receive(await agent.request({ origin, path, method: 'GET' }), source.package(id, version).bytes);
  };
  const look = async (agent: Agent, url: string, path: string): Promise<void> => {
    try {
      const { statusCode, body } = await agent.request({ origin: new URL(url).origin, path, method: 'GET' });
      const text = await body.text();
      t.is(statusCode, 200, path);
      t.true(text.includes('1.0.0'), path);
      documents++;
    } catch {
      cutShort++;
    }
  };
  const start = async (...args: string[]) => {
    const larder = await startLarderProcess(['--data', data, '--source', `scripted=${source.url}`, ...args]);
    const agent = new Agent({ connections: 2 * inParallel });
    t.teardown(async () => {
      await agent.destroy();
      await larder.kill();
    });
    return { larder, agent };
  };

  for (let round = 0; round < rounds; round++) {
    const fresh = packagesOfRound(round, random);
    for (const script of fresh) {
      // Made beforehand: the time until the kill is for Larder's work.
      t.true(source.add(script).bytes.length >= 10_000);
      asked.set(script.id, script);
    }
    const left = [...asked.values()].filter(({ id }) => !acknowledged.has(id) && !fresh.some((one) => one.id === id));
    const known = [...acknowledged].flatMap((id) => asked.get(id) ?? []);
    // What the last kill interrupted, something that was kept, and new ones.
    const again = [...left.slice(-inParallel), ...known.slice(-2), ...known.slice(0, 1)];
    const { larder, agent } = await start();
    const asking = [...again, ...fresh].map(async (script) => {
      let received: Received;
      try {
        received = await ask(agent, larder.url, script);
      } catch {
        cutShort++;
        return;
      }
      const size = source.package(script.id, script.version).bytes.length;
      t.is(received.status, 200, `round ${round}, ${script.id}`);
      t.true(received.isEqual && received.length === size, `round ${round}, ${script.id} is damaged`);
      t.true(received.cache === 'MISS' || received.cache === 'HIT', `round ${round}, ${script.id}: ${received.cache}`);
      if (acknowledged.has(script.id)) t.is(received.cache, 'HIT', `round ${round}, ${script.id} was kept`);
      acknowledged.add(script.id);
      whole++;
    });
    const reading = [...again, ...fresh].flatMap(({ id }) =>
      documentsOf(id).map((path) => look(agent, larder.url, path)),
    );
    // At any moment of its work, however slow the machine: after so many answers, or in the middle of the first.
    const enough = whole + Math.floor(random() ** 2 * inParallel);
    for (let waited = 0; whole < enough && waited < longestLifeMs; waited += 2) await sleep(2);
    await sleep(random() * 100);
    await larder.kill();
    await Promise.all([...asking, ...reading]);
    await agent.destroy();
  }
  t.log(
    `${asked.size} packages, ${whole} answers whole, ${documents} documents, ${cutShort} cut short, ${acknowledged.size} acknowledged`,
  );
  t.true(cutShort > 0, 'no kill interrupted anything');
  t.true(acknowledged.size > 0, 'no client got anything');

  await source.close();
  const { larder, agent } = await start('--offline');
  let keptBesides = 0;
  for (const script of asked.values()) {
    const { bytes } = source.package(script.id, script.version);
    const { status, cache, isEqual, length } = await ask(agent, larder.url, script);
    if (status === 200) {
      t.is(cache, 'OFFLINE', script.id);
      t.true(isEqual && length === bytes.length, `${script.id} is damaged`);
      if (!acknowledged.has(script.id)) keptBesides++;
    } else {
      t.false(acknowledged.has(script.id), `${script.id} was acknowledged and is lost`);
      t.is(status, 504, script.id);
    }
  }
  t.log(`${keptBesides} kept besides`);
});
