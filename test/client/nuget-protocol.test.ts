import { dirname, join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { copySources, dotnet, testWithDotnet } from '../support/dotnet.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

interface ReadFeed {
  readonly resources: Readonly<Record<string, boolean>>;
  readonly packages: Readonly<
    Record<string, { readonly versions: readonly string[]; readonly entries: readonly object[] }>
  >;
}

const many = (id: string, count: number): PackageScript[] =>
  Array.from({ length: count }, (_, i) => ({
    id,
    version: `${Math.floor(i / 1000)}.${i % 1000}.0${i % 7 === 0 ? '-beta.1' : ''}`,
    listed: i % 11 !== 0,
    published: `2024-01-02T03:04:05.${String(i).padStart(3, '0').slice(-3)}Z`,
    dependencies: { 'Some.Dependency': `[1.${i}.0, )` },
    ...(i % 13 === 0 && {
      entryExtras: {
        deprecation: {
          reasons: ['Legacy'],
          message: `Use another than ${i}`,
          alternatePackage: { id: 'Other', range: '*' },
        },
        vulnerabilities: [{ advisoryUrl: `https://example.org/advisory/${i}`, severity: '2' }],
        projectUrl: 'https://example.org/project',
        licenseExpression: 'MIT',
        tags: ['one', 'two'],
      },
    }),
  }));

testWithDotnet(
  "NuGet's own library reads the same from us as from the source: index, 129 versions, 5,000 versions",
  async (t) => {
    t.timeout(240_000);
    const source = await startScriptedSource({
      packages: [...many('Paged', 129), ...many('Huge', 5000), { id: 'Single', version: '1.0.0-a.b+meta' }],
    });
    t.teardown(() => source.close());
    const larder = await startLarder(t, {
      sources: { origin: source },
      source: { timeouts: { headers: '30s', idle: '30s' } },
    });
    const read = await buildReader(t);
    const ids = ['Paged', 'Huge', 'Single'];
    const direct = await read(source.url, ids);
    const through = await read(`${larder.url}v3/index.json`, ids);
    t.deepEqual(through.resources, { PackageBaseAddress: true, RegistrationsBaseUrl: true });
    for (const [id, count] of [
      ['Paged', 129],
      ['Huge', 5000],
      ['Single', 1],
    ] as const) {
      t.is(direct.packages[id]?.entries.length, count);
      t.is(direct.packages[id]?.versions.length, count);
    }
    t.deepEqual(through, direct);
  },
);

testWithDotnet(
  'two sources whose versions interleave read as one source that holds them all, the first winning',
  async (t) => {
    t.timeout(240_000);
    const all = [...many('Paged', 300), ...many('Small', 20)];
    const nearHas = (at: number) => at % 3 !== 1;
    // What both have differs in what it says of itself, so the winner shows.
    const isInBoth = (at: number) => at % 3 === 2;
    const loser = (one: PackageScript): PackageScript => ({ ...one, listed: false, entryExtras: { title: 'Loser' } });
    const sources = {
      near: await startScriptedSource({ packages: all.filter((_, at) => nearHas(at)) }),
      far: await startScriptedSource({
        packages: all.flatMap((one, at) => (!nearHas(at) ? [one] : isInBoth(at) ? [loser(one)] : [])),
      }),
    };
    const union = await startScriptedSource({ packages: all });
    for (const source of [sources.near, sources.far, union]) t.teardown(() => source.close());
    const patient = { timeouts: { headers: '30s', idle: '30s' } };
    const merged = await startLarder(t, { sources, source: patient });
    const single = await startLarder(t, { sources: { union }, source: patient });
    const read = await buildReader(t);
    const ids = ['Paged', 'Small'];
    const one = await read(`${single.url}v3/index.json`, ids);
    t.is(one.packages['Paged']?.entries.length, 300);
    t.deepEqual((await read(union.url, ids)).packages, one.packages);
    t.deepEqual(await read(`${merged.url}v3/index.json`, ids), one);
  },
);

/** Builds the program that reads a feed with the library inside the SDK: nothing is downloaded for it. */
async function buildReader(
  t: ExecutionContext,
): Promise<(indexUrl: string, ids: readonly string[]) => Promise<ReadFeed>> {
  const directory = await temporaryDirectory(t);
  const caches = join(directory, 'caches');
  await copySources('test/client/nuget-protocol', directory);
  const sdk = /Base Path:\s+(.+)/.exec(await dotnet(['--info'], { cwd: directory, caches }))?.[1]?.trim() ?? '';
  await dotnet(
    ['build', 'nuget-protocol.csproj', '-v', 'q', '-o', join(directory, 'out'), `-p:NuGetLibraries=${join(sdk, '.')}`],
    { cwd: directory, caches },
  );
  return async (indexUrl, ids) =>
    JSON.parse(
      await dotnet([join(directory, 'out', 'nuget-protocol.dll'), indexUrl, ...ids], {
        cwd: dirname(directory),
        caches,
      }),
    ) as ReadFeed;
}
