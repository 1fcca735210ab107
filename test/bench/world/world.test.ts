import test from 'ava';
import { request } from 'undici';
import { worldShape } from './world-shape.js';
import type { WorldPackage } from './world-shape.js';
import { World } from './world.js';

test('a world is shaped alike each time, and as deep as real ones', (t) => {
  for (const [size, count] of [
    ['small', 30],
    ['medium', 151],
    ['large', 602],
  ] as const) {
    const { packages, references, depth } = worldShape(size);
    t.deepEqual(worldShape(size).packages, packages);
    t.is(packages.length, count);
    t.is(depth, 8);
    t.is(reachable(packages, references).size, count, `a restore of ${size} brings all of it in`);
    const sizes = packages.map(({ fillerBytes }) => fillerBytes).sort((a, b) => a - b);
    const median = sizes[Math.floor(count / 2)] ?? 0;
    t.true(median > 30_000 && median < 120_000, `the median of ${size} has ${median} bytes`);
    t.true(packages.every(({ versions, version }) => versions.length >= 5 && versions.includes(version)));
  }
  t.true(worldShape('medium').packages.some(({ versions }) => versions.length > 127));
});

test('a source of a world answers as it is told to, tells what it was asked, and is as far away as it should be', async (t) => {
  const world = await World.start('small');
  t.teardown(() => world.close());
  const [near, far] = [await world.openSource(), await world.openSource({ roundTripMs: 40 })];
  const [{ id, version } = { id: '', version: '' }] = world.shape.packages;
  const key = id.toLowerCase();
  for (const source of [near, far]) {
    const { resources } = (await (await request(source.url)).body.json()) as {
      resources: { '@id': string; '@type': string }[];
    };
    const flat = resources.find((one) => one['@type'] === 'PackageBaseAddress/3.0.0')?.['@id'] ?? '';
    t.true(flat.startsWith(new URL(source.url).origin), 'its documents name where it can be reached');
    const beganAtMs = performance.now();
    const { statusCode, body } = await request(`${flat}${key}/${version}/${key}.${version}.nupkg`);
    t.is(statusCode, 200);
    t.true((await body.arrayBuffer()).byteLength > 4_000);
    if (source === far) t.true(performance.now() - beganAtMs >= 38);
    const { paths } = await source.asked();
    t.deepEqual(paths, ['/v3/index.json', `/v3-flatcontainer/${key}/${version}/${key}.${version}.nupkg`]);
  }
  await near.become('503');
  t.is((await request(near.url)).statusCode, 503);
  await near.become('closed');
  await t.throwsAsync(request(near.url), { code: 'ECONNREFUSED' });
  await near.become('well');
  t.is((await request(near.url)).statusCode, 200);
});

function reachable(packages: readonly WorldPackage[], references: readonly WorldPackage[]): Set<string> {
  const byId = new Map(packages.map((one) => [one.id, one]));
  const reached = new Set<string>();
  const visit = ({ id, dependencies }: WorldPackage) => {
    if (reached.has(id)) return;
    reached.add(id);
    for (const [other, range] of Object.entries(dependencies)) {
      const one = byId.get(other);
      if (one !== undefined && range === `[${one.version}, )`) visit(one);
    }
  };
  for (const one of references) visit(one);
  return reached;
}
