import test from 'ava';

import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript } from '../support/scripted-source.js';

interface Page {
  readonly '@id': string;
  readonly count: number;
  readonly lower: string;
  readonly upper: string;
  readonly items?: readonly {
    readonly '@id': string;
    readonly packageContent: string;
    readonly catalogEntry: Readonly<Record<string, unknown>>;
  }[];
}
interface Index {
  readonly '@id': string;
  readonly count: number;
  readonly items: readonly Page[];
}

async function start(
  t: Parameters<typeof startLarder>[0],
  packages: readonly PackageScript[],
  like: 'nuget.org' | 'odd' = 'nuget.org',
) {
  const source = await startScriptedSource({ packages, like });
  t.teardown(() => source.close());
  return { source, larder: await startLarder(t, { sources: { origin: source } }) };
}

const many = (count: number): PackageScript[] =>
  Array.from({ length: count }, (_, i) => ({ id: 'Many', version: `1.${i}.0` }));
const versionsOf = (page: Page) => page.items?.map(({ catalogEntry }) => catalogEntry['version']);

for (const like of ['nuget.org', 'odd'] as const) {
  test(`up to 127 versions stand in the index itself (source like ${like})`, async (t) => {
    const { larder } = await start(t, many(127), like);
    const index = (await larder.get('v3/registration-semver2/many/index.json')).json<Index>();
    t.is(index.count, 2);
    t.deepEqual(
      index.items.map(({ count, lower, upper, items }) => [count, lower, upper, items?.length]),
      [
        [64, '1.0.0', '1.63.0', 64],
        [63, '1.64.0', '1.126.0', 63],
      ],
    );
  });

  test(`from 128 versions on pages are documents of their own, below our own address (source like ${like})`, async (t) => {
    const { larder } = await start(t, many(129), like);
    const index = (await larder.get('v3/registration-semver2/many/index.json')).json<Index>();
    t.deepEqual(
      index.items.map(({ count, lower, upper, items }) => [count, lower, upper, items]),
      [
        [64, '1.0.0', '1.63.0', undefined],
        [64, '1.64.0', '1.127.0', undefined],
        [1, '1.128.0', '1.128.0', undefined],
      ],
    );
    const versions: unknown[] = [];
    for (const page of index.items) {
      t.true(page['@id'].startsWith(larder.url));
      const document = (await larder.get(page['@id'].slice(larder.url.length))).json<Page & { parent: string }>();
      t.is(document['@id'], page['@id']);
      t.is(document.count, page.count);
      t.is(document.parent, index['@id']);
      versions.push(...(versionsOf(document) ?? []));
    }
    t.deepEqual(
      versions,
      many(129).map(({ version }) => version),
    );
  });
}

test('a page with bounds that no version has is 404, one that moved is still served', async (t) => {
  const { larder } = await start(t, many(130));
  t.is((await larder.get('v3/registration-semver2/many/page/7.0.0/8.0.0.json')).status, 404);
  t.deepEqual(versionsOf((await larder.get('v3/registration-semver2/many/page/1.3.0/1.5.0.json')).json<Page>()), [
    '1.3.0',
    '1.4.0',
    '1.5.0',
  ]);
});

test('the SemVer1 hive hides what old clients cannot read, by version and by dependency; the SemVer2 hive shows all', async (t) => {
  const { larder } = await start(t, [
    { id: 'Mixed', version: '1.0.0' },
    { id: 'Mixed', version: '1.1.0-beta' },
    { id: 'Mixed', version: '1.1.0-beta.2' },
    { id: 'Mixed', version: '1.2.0+build' },
    { id: 'Mixed', version: '1.3.0', dependencies: { Other: '[1.0.0-a.b, )' } },
    { id: 'Modern', version: '1.0.0-a.b' },
  ]);
  const versions = async (hive: string) =>
    (await larder.get(`v3/${hive}/mixed/index.json`)).json<Index>().items.flatMap(versionsOf);
  t.deepEqual(await versions('registration-semver2'), ['1.0.0', '1.1.0-beta', '1.1.0-beta.2', '1.2.0+build', '1.3.0']);
  t.deepEqual(await versions('registration'), ['1.0.0', '1.1.0-beta']);
  t.is((await larder.get('v3/registration/modern/index.json')).status, 404);
  t.is((await larder.get('v3/registration-semver2/modern/index.json')).status, 200);
  t.is((await larder.get('v3/registration/mixed/1.3.0.json')).status, 404);
});

test('a leaf and what its catalogEntry leads to agree with the page', async (t) => {
  const { larder } = await start(t, [
    { id: 'Leafy', version: '1.0.0-RC1', listed: false, dependencies: { Other: '[1.0.0, )' } },
  ]);
  const index = (await larder.get('v3/registration-semver2/leafy/index.json')).json<Index>();
  const inPage = index.items[0]?.items?.[0];
  const leaf = (await larder.get('v3/registration-semver2/LEAFY/1.0-rc1.json')).json<{
    '@id': string;
    catalogEntry: string;
    listed: boolean;
    packageContent: string;
  }>();
  t.is<string | undefined, string | undefined>(leaf['@id'], inPage?.['@id']);
  t.is<string | undefined, string | undefined>(leaf.packageContent, inPage?.packageContent);
  t.false(leaf.listed);
  t.is(leaf.catalogEntry, inPage?.catalogEntry['@id'] as string);
  const details = (await larder.get(leaf.catalogEntry.slice(larder.url.length))).json();
  t.deepEqual(details, inPage?.catalogEntry as Record<string, unknown>);
  t.is((await larder.get('v3/registration-semver2/leafy/2.0.0.json')).status, 404);
  t.is((await larder.get(leaf.packageContent.slice(larder.url.length))).status, 200);
});

test('trap 22: two hives and two encodings of one id are four answers, not one', async (t) => {
  const { larder } = await start(t, [
    { id: 'Mixed', version: '1.0.0' },
    { id: 'Mixed', version: '2.0.0-a.b' },
  ]);
  for (let round = 0; round < 2; round++)
    for (const [hive, versions] of [
      ['registration', ['1.0.0']],
      ['registration-semver2', ['1.0.0', '2.0.0-a.b']],
    ] as const) {
      const plain = await larder.get(`v3/${hive}/mixed/index.json`);
      t.deepEqual(plain.json<Index>().items.flatMap(versionsOf), [...versions]);
      const gzip = await larder.get(`v3/${hive}/mixed/index.json`, { 'accept-encoding': 'gzip' });
      t.is(gzip.headers['content-encoding'], 'gzip');
      t.true(plain.json<Index>().items.every((page) => page['@id'].includes(`/v3/${hive}/`)));
    }
});

test('trap 3: addresses with escaped slashes become ours like any other', async (t) => {
  const { source, larder } = await start(t, []);
  const root = source.origin;
  const path = 'v3/registration5-gz-semver2/alpha/index.json';
  const leaf = {
    '@id': `${root}/v3/registration5-gz-semver2/alpha/1.0.0.json`,
    catalogEntry: { '@id': `${root}/v3/catalog0/data/alpha.1.0.0.json`, id: 'Alpha', version: '1.0.0' },
    packageContent: `${root}/v3-flatcontainer/alpha/1.0.0/alpha.1.0.0.nupkg`,
  };
  const page = { '@id': `${root}/${path}#page/1.0.0/1.0.0`, count: 1, lower: '1.0.0', upper: '1.0.0', items: [leaf] };
  const document = JSON.stringify({ '@id': `${root}/${path}`, count: 1, items: [page] }).replaceAll('/', '\\/');
  source.replace(path, Buffer.from(document));
  source.replace('v3-flatcontainer/alpha/index.json', { versions: ['1.0.0'] });
  const reply = await larder.get('v3/registration-semver2/alpha/index.json');
  t.is(reply.status, 200);
  t.is(reply.json<Index>().items[0]?.items?.[0]?.packageContent, `${larder.url}v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg`);
  t.false(reply.text().replaceAll('\\/', '/').includes(root));
});

test('trap 19: the date of publication is the source’s, whenever the package was kept', async (t) => {
  const published = '2019-03-04T05:06:07+00:00';
  const { larder } = await start(t, [
    { id: 'Alpha', version: '1.0.0', published },
    { id: 'Alpha', version: '2.0.0' },
  ]);
  const told = async () =>
    (await larder.get('v3/registration-semver2/alpha/index.json')).json<Index>().items[0]?.items?.[0]?.catalogEntry[
      'published'
    ];
  t.is(await told(), published);
  await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg');
  t.is(await told(), published);
});
