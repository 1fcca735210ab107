import test from 'ava';
import { Address } from '../../../src/nuget/address-slot.js';
import type { SearchQuery } from '../../../src/nuget/search-query.js';
import { openScripted, openV3, serve, shortTimeouts, told, valueOf } from '../open-source.js';

const query = (text: string, more: Partial<SearchQuery> = {}): SearchQuery => ({
  text,
  prerelease: false,
  semVer2: false,
  ...more,
});
const window = { skip: 0, take: 20 };

test("a page is what the source's own search says, choices and window passed on", async (t) => {
  const { server, source } = await openScripted(t, {
    packages: [
      { id: 'Alpha.Json', version: '1.0.0' },
      { id: 'Alpha.Json', version: '2.0.0-beta' },
      { id: 'Beta.Json', version: '1.0.0' },
    ],
  });
  const { hits, count, totalHits, bytes } = valueOf(await source.search(query('json & co'), window, {}));
  t.deepEqual([hits.length, count, totalHits], [0, 0, 0]);
  t.true(bytes > 0);
  const page = valueOf(
    await source.search(query('json', { prerelease: true, semVer2: true }), { skip: 0, take: 1 }, {}),
  );
  t.is(page.totalHits, 2);
  const [hit] = page.hits;
  t.is(hit?.id.text, 'Alpha.Json');
  t.is(hit?.version.full, '2.0.0-beta');
  t.deepEqual(
    hit?.versions.map(({ version, downloads }) => [version.full, downloads]),
    [
      ['1.0.0', 10],
      ['2.0.0-beta', 10],
    ],
  );
  t.deepEqual(hit?.texts.iconUrl, new Address('flat', 'alpha.json/2.0.0-beta/icon'), 'a kept icon is ours to serve');
  t.deepEqual(
    server.requests.filter(({ path }) => path.startsWith('/query')).map(({ path }) => path),
    [
      '/query?q=json%20%26%20co&skip=0&take=20&prerelease=false&semVerLevel=1.0.0',
      '/query?q=json&skip=0&take=1&prerelease=true&semVerLevel=2.0.0',
    ],
  );
});

test('fields are read as servers send them', async (t) => {
  const { server, source } = await openScripted(t);
  server.replace('query', {
    data: [
      {
        id: 'Strings',
        version: '1.0.0.0',
        authors: 'A, Inc., B',
        owners: 'one, two',
        tags: 'x y,z',
        totalDownloads: 5_000_000_000,
        iconUrl: 'javascript:alert(1)',
        projectUrl: 'https://author.example/',
        vulnerabilities: [{ advisoryUrl: 'https://advisories.example/1', severity: '2' }, { severity: 1 }],
        deprecation: { reasons: ['Legacy'], alternatePackage: { id: 'New' } },
      },
      {
        id: 'Arrays',
        version: '1.0.0',
        authors: ['A'],
        owners: ['o'],
        tags: ['t', 7, ''],
        title: null,
        versions: null,
      },
      { id: 'No Id', version: '1.0.0' },
      { id: 'Versions.Only', versions: [{ version: '1.0.0' }, { version: '1.2.0', downloads: '7' }] },
      'what',
      null,
    ],
  });
  const { hits, count, totalHits } = valueOf(await source.search(query(''), window, {}));
  t.is(count, 6);
  t.is(totalHits, undefined);
  t.deepEqual(
    hits.map(({ id, version }) => `${id.text} ${version.full}`),
    ['Strings 1.0.0', 'Arrays 1.0.0', 'Versions.Only 1.2.0'],
  );
  t.deepEqual(hits[0]?.texts, {
    authors: ['A, Inc., B'],
    owners: ['one', 'two'],
    tags: ['x', 'y', 'z'],
    projectUrl: 'https://author.example/',
    vulnerabilities: [{ advisoryUrl: 'https://advisories.example/1', severity: 2 }],
    deprecation: { reasons: ['Legacy'], alternatePackage: { id: 'New' } },
  });
  t.is(hits[0]?.totalDownloads, 5_000_000_000);
  t.deepEqual(hits[1]?.texts.tags, ['t']);
  t.deepEqual(hits[2]?.versions[1]?.downloads, 7);
});

test('without search in its index it says that it has none, and nothing is asked', async (t) => {
  const { server, source } = await openScripted(t, { traits: { searchTypes: [], autocompleteTypes: [] } });
  t.is(told(await source.search(query('x'), window, {})), 'missing');
  t.is(told(await source.autocomplete(query('x'), window, {})), 'missing');
  t.is(server.requests.length, 1);
});

test('of several addresses the next is asked when one fails or is not there, and its own query stays', async (t) => {
  const asked: string[] = [];
  const origin = await serve(t, (request, response) => {
    const url = request.url ?? '';
    asked.push(url);
    if (url === '/index.json')
      response.end(
        JSON.stringify({
          version: '3.0.0',
          resources: [
            { '@id': `${origin}/flat`, '@type': 'PackageBaseAddress/3.0.0' },
            { '@id': `${origin}/old`, '@type': 'SearchQueryService' },
            { '@id': `${origin}/down`, '@type': 'SearchQueryService/3.0.0-beta' },
            { '@id': `${origin}/gone`, '@type': 'SearchQueryService/3.0.0-beta' },
            { '@id': `${origin}/good?tenant=7`, '@type': 'SearchQueryService/3.0.0-beta' },
          ],
        }),
      );
    else if (url.startsWith('/good'))
      response.end(JSON.stringify({ totalHits: 1, data: [{ id: 'A', version: '1.0.0' }] }));
    else response.writeHead(url.startsWith('/down') ? 500 : 404).end();
  });
  const source = openV3(t, `${origin}/index.json`);
  for (const text of ['a', 'b']) t.is(valueOf(await source.search(query(text), window, {})).hits.length, 1);
  t.deepEqual(
    asked.slice(1).map((url) => url.split('&')[0]),
    ['/down?q=a', '/gone?q=a', '/good?tenant=7', '/good?tenant=7'],
    'what worked is asked first from then on',
  );
});

test('what is no search result is refused, and a server that fails has failed', async (t) => {
  const { server, source } = await openScripted(t, {}, { timeouts: shortTimeouts });
  const outcome = async () => told(await source.search(query('x'), window, {}));
  server.replace('query', { error: 'try later' });
  t.is(await outcome(), 'refused source-refused: its answer is not a search result');
  server.replace('query', Buffer.from('<html></html>'), 'text/html');
  t.is(await outcome(), 'refused source-refused: its answer is an HTML page, not JSON');
  server.replace('query', Buffer.from('{"totalHits":1,"data":[{"id":"A"'));
  t.regex(await outcome(), /^refused source-refused: its answer ends in the middle/);
  server.replace('query', { totalHits: 0, data: null });
  t.is(await outcome(), 'found');
  server.fault('/query', { status: 503 });
  t.is(await outcome(), 'failed source-failed: answered 503');
  server.clearFaults();
  server.fault('/query', { status: 404 });
  t.regex(await outcome(), /^failed source-failed/);
});

test('results with thousands of versions leave the event loop free', async (t) => {
  const { server, source } = await openScripted(t);
  const versions = Array.from({ length: 3000 }, (_, n) => ({
    version: `1.${n}.0`,
    downloads: n,
    '@id': `https://x.example/${n}`,
  }));
  const data = Array.from({ length: 60 }, (_, n) => ({ id: `Many.N${n}`, version: '1.2999.0', versions }));
  server.replace('query', { totalHits: 60, data });
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const page = valueOf(await source.search(query('many'), window, {}));
  clearInterval(timer);
  t.is(page.hits.length, 60);
  t.is(page.hits[59]?.versions.length, 3000);
  t.true(turns > 10, `${turns} turns`);
});

test('completion gives ids', async (t) => {
  const { server, source } = await openScripted(t, { packages: [{ id: 'Alpha', version: '1.0.0' }] });
  const page = valueOf(await source.autocomplete(query('al'), window, {}));
  t.deepEqual(
    page.ids.map(({ text }) => text),
    ['Alpha'],
  );
  server.replace('autocomplete', { totalHits: '3', data: ['A', 'not an id', 7] });
  const odd = valueOf(await source.autocomplete(query('a'), window, {}));
  t.deepEqual([odd.ids.length, odd.count, odd.totalHits], [1, 3, 3]);
});
