import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Project, lockedProject, publicSource, testWithRegistry } from '../support/dotnet.js';
import { eventually } from '../support/eventually.js';
import { getter } from '../support/larder.js';
import { startLarderProcess } from '../support/larder-process.js';
import { RecordedRegistry } from '../support/recorded-registry.js';
import type { Mood } from '../support/recorded-registry.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const states: Readonly<Record<Exclude<Mood, 'well'>, string>> = {
  closed: 'refuses connections',
  silent: 'accepts and never answers',
  slow: 'takes 5 s for each answer',
  '503': 'answers 503 to everything',
};
/** What is aimed at is 1.1; a busy machine takes longer now and then. */
const mostTimes = 1.5;
const slackSeconds = 5;
/** One tells whether it works, more tell how well. */
const rounds = Number(process.env['TEST_ROUNDS'] ?? 1);

testWithRegistry(
  'traps 21 and 38: a restore of 151 packages that are kept takes no longer while their source is dead or slow, though all of it is stale',
  async (t) => {
    t.timeout(600_000);
    const directory = await temporaryDirectory(t);
    const { origin, pathname } = new URL(publicSource);
    const registry = new RecordedRegistry(origin);
    await registry.become('well');
    t.teardown(() => registry.end());
    const config = join(directory, 'larder.yaml');
    const lifetimes = '{ versions: 1s, registration: 1s, missing: 1s, serviceIndex: 1s, vulnerabilities: 1s }';
    await writeFile(
      config,
      [
        'sources:',
        `  - { name: far-away, url: '${registry.ownOrigin}${pathname}' }`,
        `freshness: ${lifetimes}`,
        'limits: { requestBudget: 8s }',
      ].join('\n'),
    );
    const larder = await startLarderProcess(['--data', join(directory, 'data'), '--config', config]);
    t.teardown(() => larder.kill());
    const feed = `${larder.url}v3/index.json`;
    const get = getter(t, larder.url);
    const sample = await readFile('test/client/samples/medium/medium.csproj', 'utf8');
    const project = await Project.create(join(directory, 'medium'), sample, feed);
    await project.restore();
    const locked = await project.lockFile();
    const [anyId = '', ...others] = Object.keys(await project.lockedVersions());
    t.is(others.length, 150);

    const restoreSeconds = async () => {
      const beganAtMs = performance.now();
      await project.restore();
      t.is(await project.lockFile(), locked);
      return (performance.now() - beganAtMs) / 1000;
    };
    const warm: number[] = [];
    const inTrouble = new Map<string, number[]>();
    // In turn, so that a machine that is busy for a while is so for both.
    for (let round = 0; round < rounds; round++)
      for (const [mood, what] of Object.entries(states) as [Mood, string][]) {
        warm.push(await restoreSeconds());
        await registry.become(mood);
        inTrouble.set(what, [...(inTrouble.get(what) ?? []), await restoreSeconds()]);
        await registry.become('well');
        await eventually(
          () => get(`v3/flat/${anyId}/index.json`),
          ({ status, headers }) => status === 200 && headers['x-cache'] !== 'STALE',
        );
      }
    t.log(`warm: ${told(warm)}`);
    for (const [what, seconds] of inTrouble) {
      const times = median(seconds) / median(warm);
      t.log(`${what}: ${told(seconds)}, ${times.toFixed(2)} × warm`);
      t.true(median(seconds) < mostTimes * Math.max(...warm) + slackSeconds, `${what}: ${times.toFixed(2)} × warm`);
    }

    await registry.become('silent');
    const cold = await Project.create(
      join(directory, 'cold'),
      lockedProject('<PackageReference Include="Cold.And.Never.Seen" Version="1.0.0" />'),
      feed,
    );
    const beganAtMs = performance.now();
    const error = await t.throwsAsync(cold.restore());
    const coldSeconds = (performance.now() - beganAtMs) / 1000;
    t.log(`a package that is not kept fails after ${coldSeconds.toFixed(1)} s`);
    t.regex(String(error?.message), /NU1301[^]*far-away/);
    t.notRegex(String(error?.message), /NU1101/);
    t.true(
      coldSeconds < 60,
      'the client tries six times, and waits for the source only while it is not known to be away',
    );
  },
);

const told = (seconds: readonly number[]) => seconds.map((one) => `${one.toFixed(1)} s`).join(', ');

const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? Number.NaN;
