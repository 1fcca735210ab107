import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';
import { Agent } from 'undici';

import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { startLarderProcess } from '../support/larder-process.js';
import { noPowerCuts, PowerCutDisk } from '../support/power-cut-disk.js';
import { randomFrom } from '../support/random.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { flatPath, receive } from './nupkg-download.js';

const cuts = Number(process.env['TEST_POWER_CUTS'] ?? 12);
const inParallel = 8;
const obstacle = noPowerCuts();

(obstacle === undefined ? test.serial : test.skip)(
  `when the power goes, what a client has is still kept and nothing damaged is served${obstacle === undefined ? '' : ` — skipped: ${obstacle}`}`,
  async (t) => {
    t.timeout(600_000);
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 2 ** 31);
    const random = randomFrom(seed);
    const source = await startScriptedSource();
    t.teardown(() => source.close());
    const disk = PowerCutDisk.create(768);
    t.teardown(() => disk.remove());
    const acknowledged = new Set<string>();
    const asked: string[] = [];
    let cutShort = 0;

    const start = async (...args: string[]) => {
      const larder = await startLarderProcess([
        ...['--data', `${disk.path}/data`, '--source', `scripted=${source.url}`],
        ...args,
      ]);
      const agent = new Agent({ connections: 2 * inParallel });
      const { origin } = new URL(larder.url);
      const ask = async (id: string) => {
        const path = flatPath(PackageIdentity.parse(id, '1.0.0'));
        const { bytes } = source.package(id, '1.0.0');
        const got = await receive(await agent.request({ origin, path, method: 'GET' }), bytes);
        return { ...got, isWhole: got.isEqual && got.length === bytes.length };
      };
      const end = async () => {
        await larder.kill();
        await agent.destroy();
      };
      t.teardown(end);
      return { larder, ask, end };
    };

    for (let round = 0; round < cuts; round++) {
      const { larder, ask, end } = await start();
      const fresh = Array.from({ length: 3 * inParallel }, (_, at) => `Round${round}.Package${at}`);
      for (const id of fresh) {
        source.add({ id, version: '1.0.0', fillerBytes: Math.round(3_000 * 300 ** random()) });
        asked.push(id);
      }
      for (const id of [...acknowledged].slice(-inParallel)) {
        const { status, cache, isWhole } = await ask(id);
        t.deepEqual([status, cache, isWhole], [200, 'HIT', true], `seed ${seed}, round ${round}: ${id} after a cut`);
      }
      let isOn = true;
      const asking = Array.from({ length: inParallel }, async () => {
        for (let id = fresh.pop(); id !== undefined && isOn; id = fresh.pop())
          try {
            const { status, isWhole } = await ask(id);
            if (!isOn) break;
            t.true(status === 200 && isWhole, `seed ${seed}, round ${round}: ${id} ${status}`);
            acknowledged.add(id);
          } catch {
            cutShort++;
          }
      });
      const known = acknowledged.size;
      const enough = known + random() * 2 * inParallel;
      for (let waited = 0; acknowledged.size < enough && waited < 5_000; waited += 5) await sleep(5);
      await sleep(random() * 50);
      larder.child.kill('SIGSTOP');
      isOn = false;
      await disk.cut(end);
      await Promise.all(asking);
    }
    t.log(
      `seed ${seed}: ${cuts} cuts, ${acknowledged.size} of ${asked.length} packages acknowledged, ${cutShort} answers cut short`,
    );
    t.true(acknowledged.size > 0, 'no client got anything');
    t.true(cutShort > 0, 'no cut interrupted anything');

    await source.close();
    const { ask, end } = await start('--offline');
    let keptBesides = 0;
    for (const id of asked) {
      const { status, isWhole } = await ask(id);
      if (status === 200) t.true(isWhole, `${id} is damaged`);
      if (acknowledged.has(id)) t.is(status, 200, `${id} was acknowledged and is lost`);
      else if (status === 200) keptBesides++;
    }
    await end();
    t.log(`${keptBesides} kept besides`);
  },
);
