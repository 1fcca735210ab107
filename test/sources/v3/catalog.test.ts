import test from 'ava';
import type { ExecutionContext } from 'ava';
import type { CatalogQuestion } from '../../../src/feed/source.js';
import { catalogPagePath, catalogPath, ScriptedCatalog } from '../../support/scripted-catalog.js';
import { openScripted, told, valueOf } from '../open-source.js';

const question = (after?: string, url = ''): CatalogQuestion => ({
  ...(after !== undefined && { since: { url, after } }),
  lookBackMs: 40 * 60_000,
  maxPages: 50,
  notAfterMs: Date.parse('2031-01-01T00:00:00Z'),
});

const minute = (n: number) => `2030-01-02T0${Math.floor(n / 60)}:${String(n % 60).padStart(2, '0')}:00.0000000Z`;

async function openCatalog(t: ExecutionContext, pageSize: number, commits: number) {
  const { server, source } = await openScripted(t);
  const catalog = new ScriptedCatalog(server, pageSize);
  for (let i = 0; i < commits; i++) catalog.commit(minute(i), { id: 'Alpha', version: `1.${i}.0` });
  const url = `${server.origin}/${catalogPath}`;
  const since = async (after?: string) => {
    server.requests.length = 0;
    const { events, ...news } = valueOf(await source.catalog(question(after, url), {}));
    const asked = server.requests.map(({ path }) => path.slice(1)).filter((path) => path.includes('catalog0'));
    return { ...news, versions: events.map(({ version }) => version?.key), asked };
  };
  return { server, source, catalog, url, since };
}

test('without a place it is read from shortly before its end, whatever order its pages and items stand in', async (t) => {
  const { since, url } = await openCatalog(t, 10, 95);
  const { asked, versions, cursor, isWhole, ...rest } = await since();
  t.is(cursor, minute(94));
  t.false(isWhole);
  t.is(rest.url, url);
  t.deepEqual(
    versions,
    Array.from({ length: 40 }, (_, i) => `1.${i + 55}.0`),
  );
  t.is(asked[0], catalogPath);
  t.is(asked.length, 6, 'the index and the pages of the last forty minutes');
});

test('from a place on, only pages with news are read, and all that is newer is told in order', async (t) => {
  const { since } = await openCatalog(t, 10, 95);
  const { asked, versions, cursor, isWhole } = await since(minute(72));
  t.is(cursor, minute(94));
  t.true(isWhole);
  t.deepEqual(
    versions,
    Array.from({ length: 22 }, (_, i) => `1.${i + 73}.0`),
  );
  t.is(asked.length, 4);
});

test('at its end the newest page is asked for alone, with validators, until it is nearly full or some time is over', async (t) => {
  const { since, catalog } = await openCatalog(t, 10, 41);
  const tip = catalogPagePath(4);
  t.is((await since(minute(30))).cursor, minute(40));
  t.deepEqual(await since(minute(40)).then(({ asked, versions }) => ({ asked, versions })), {
    asked: [tip],
    versions: [],
  });
  catalog.commit(minute(41), { id: 'Alpha', version: '1.41.0' });
  t.like(await since(minute(40)), { asked: [tip], versions: ['1.41.0'], cursor: minute(41), isWhole: true });
  // Not taken in: told again.
  t.like(await since(minute(40)), { asked: [tip], versions: ['1.41.0'] });
  for (let i = 0; i < 4; i++) t.deepEqual((await since(minute(41))).asked, [tip]);
  t.deepEqual((await since(minute(41))).asked, [catalogPath], 'the eighth time');

  for (let i = 42; i < 53; i++) catalog.commit(minute(i), { id: 'Alpha', version: `1.${i}.0` });
  const { asked, versions } = await since(minute(41));
  t.deepEqual(asked.slice(0, 2), [tip, catalogPath], 'it has become full: there may be a newer one');
  t.deepEqual(asked.slice(2).sort(), [tip, catalogPagePath(5)]);
  t.deepEqual(
    versions,
    Array.from({ length: 11 }, (_, i) => `1.${i + 42}.0`),
  );
});

test('what is not all there is said to be so: more news than is read, another catalog', async (t) => {
  const { since, source, url } = await openCatalog(t, 1, 80);
  t.like(await since(minute(40)), { isWhole: true });
  const far = await since(minute(10));
  t.false(far.isWhole);
  t.is(far.cursor, minute(79));
  t.is(far.versions.length, 40);
  const other = valueOf(await source.catalog(question(minute(79), `${url}?other`), {}));
  t.false(other.isWhole);
});

test('an empty catalog has no news, and one that fills is read from its beginning', async (t) => {
  const { server, source } = await openScripted(t);
  const url = `${server.origin}/${catalogPath}`;
  server.publish(catalogPath, { items: [] });
  t.like(valueOf(await source.catalog(question(), {})), { cursor: '', events: [] });
  new ScriptedCatalog(server);
  t.like(valueOf(await source.catalog(question('', url), {})), {
    isWhole: true,
    cursor: '2029-12-01T00:00:00.1000000Z',
  });
});

test('a document in its place that is none, and a page that is gone, are answers that cannot be used', async (t) => {
  const { server, source } = await openScripted(t);
  t.regex(
    told(await source.catalog(question(), {})),
    /^refused source-refused: the catalog that scripted offers is not there/,
  );
  for (const document of [{ items: 'none' }, { versions: [] }, []]) {
    server.replace(catalogPath, document);
    t.regex(told(await source.catalog(question(), {})), /^refused source-refused/, JSON.stringify(document));
  }
  const { server: torn, source: tornSource } = await openScripted(t);
  new ScriptedCatalog(torn);
  torn.fault(catalogPagePath(0), { status: 404 });
  t.regex(told(await tornSource.catalog(question(), {})), /names a page that it does not have/);
  torn.clearFaults();
  torn.fault(catalogPagePath(0), { status: 503 });
  t.regex(told(await tornSource.catalog(question(), {})), /^failed source-failed/);
});

test('an index of 25,000 pages is read, and the two newest pages of it are asked for', async (t) => {
  const { server, source } = await openScripted(t);
  const startMs = Date.parse('2029-01-01T00:00:00Z');
  const pages = Array.from({ length: 25_000 }, (_, i) => ({
    '@id': `${server.origin}/${catalogPagePath(i)}`,
    '@type': 'CatalogPage',
    commitId: '00000000-0000-0000-0000-000000000000',
    commitTimeStamp: new Date(startMs + i * 30 * 60_000).toISOString(),
    count: 550,
  }));
  server.publish(catalogPath, { items: pages.sort((a, b) => (a['@id'] < b['@id'] ? -1 : 1)) });
  for (const page of [24_998, 24_999])
    server.publish(catalogPagePath(page), {
      items: [
        {
          '@id': 'x',
          commitTimeStamp: new Date(startMs + page * 30 * 60_000).toISOString(),
          'nuget:id': 'Alpha',
          'nuget:version': `1.${page}.0`,
        },
      ],
    });
  const news = valueOf(await source.catalog(question(), {}));
  t.deepEqual(
    news.events.map(({ version }) => version?.key),
    ['1.24998.0', '1.24999.0'],
  );
  t.is(server.count('catalog0'), 3);
});
