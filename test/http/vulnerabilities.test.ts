import { gunzipSync } from 'node:zlib';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { MemoryStore } from '../../src/store/memory-store.js';
import { eventually } from '../support/eventually.js';
import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderOptions, LarderUnderTest } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';
import {
  advisory,
  basePage,
  tellVulnerabilities,
  vulnerabilityIndexPath,
  vulnerabilityPagePath,
} from '../support/scripted-vulnerabilities.js';
import type { ScriptedAdvisory } from '../support/scripted-vulnerabilities.js';

type Page = Readonly<Record<string, readonly ScriptedAdvisory[]>>;
interface Entry {
  readonly '@name': string;
  readonly '@id': string;
  readonly '@updated': string;
}

const indexPath = 'v3/vulnerabilities/index.json';
const hourMs = 3_600_000;

async function scripted(t: ExecutionContext, options = {}): Promise<ScriptedSource> {
  const source = await startScriptedSource({ packages: [{ id: 'A', version: '1.0.0' }], ...options });
  t.teardown(() => source.close());
  return source;
}

async function start(t: ExecutionContext, options: LarderOptions) {
  const clock = new ManualClock();
  return { clock, larder: await startLarder(t, { clock, ...options }) };
}

/** The index and what its pages hold, as a client reads them. */
async function read(t: ExecutionContext, larder: LarderUnderTest, path = indexPath) {
  const reply = await larder.get(path);
  t.is(reply.status, 200, reply.text());
  const entries = reply.json<Entry[]>();
  const pages = await Promise.all(
    entries.map(async (entry) => {
      t.true(entry['@id'].startsWith(larder.url));
      const page = await larder.get(entry['@id'].slice(larder.url.length), { 'accept-encoding': 'gzip' });
      t.is(page.status, 200);
      const body = page.headers['content-encoding'] === 'gzip' ? gunzipSync(page.body) : page.body;
      return { reply: page, page: JSON.parse(body.toString()) as Page };
    }),
  );
  const byName = Object.fromEntries(entries.map((entry, i) => [entry['@name'], pages[i]?.page ?? {}]));
  return { reply, entries, replies: pages.map((one) => one.reply), pages: byName };
}

/** Once what is behind has been refreshed. */
async function refreshed(larder: LarderUnderTest, path = indexPath) {
  return eventually(
    () => larder.get(path),
    ({ headers }) => headers['x-cache'] !== 'STALE',
  );
}

/** Once the refresh has failed: then the reason is told. */
async function warned(larder: LarderUnderTest, path = indexPath) {
  return eventually(
    () => larder.get(path),
    ({ headers }) => headers['x-nuget-warning'] !== undefined,
  );
}

async function offersVulnerabilities(larder: LarderUnderTest, root = ''): Promise<boolean> {
  const { resources } = (await larder.get(`${root}v3/index.json`)).json<{ resources: { '@type': string }[] }>();
  return resources.some((resource) => resource['@type'] === 'VulnerabilityInfo/6.7.0');
}

test('what two sources know is one: a base of their bases, an update of what came since, each advisory once', async (t) => {
  const [one, two] = [await scripted(t), await scripted(t)];
  tellVulnerabilities(one, [
    basePage({ alpha: [advisory(1), advisory(2)], beta: [advisory(3)] }, '2024-01-01T00:00:00.0000000Z'),
    { name: 'update', updated: '2024-03-01T00:00:00Z', packages: { alpha: [advisory(1), advisory(4)] } },
  ]);
  tellVulnerabilities(two, [
    basePage(
      { Alpha: [advisory(1, '[1.0,2.0.0)'), advisory(1, '[1.0.0, 3.0.0)')], gamma: [advisory(5)] },
      '2024-02-01',
    ),
    { name: 'update', updated: '2024-02-02T00:00:00Z', packages: {} },
  ]);
  const { larder } = await start(t, { sources: { one, two } });
  t.true(await offersVulnerabilities(larder));
  const { pages, entries, reply, replies } = await read(t, larder);
  t.deepEqual(pages, {
    base: {
      alpha: [advisory(1), advisory(2), advisory(1, '[1.0.0, 3.0.0)')],
      beta: [advisory(3)],
      gamma: [advisory(5)],
    },
    update: { alpha: [advisory(4)] },
  });
  t.deepEqual(
    entries.map((entry) => entry['@updated']),
    ['2024-02-01T00:00:00.000Z', '2024-03-01T00:00:00.000Z'],
  );
  for (const { headers } of [reply, ...replies]) {
    t.is(headers['x-larder-source'], 'one,two');
    t.regex(String(headers.etag), /^"/);
    t.is(headers['content-type'], 'application/json');
  }
  t.is(reply.headers['x-cache'], 'MISS');
  t.is(reply.headers['cache-control'], 'public, max-age=3600');
  t.is(replies[0]?.headers['cache-control'], 'public, max-age=604800');
  t.is((await larder.get(indexPath)).headers['x-cache'], 'HIT');
  const again = await larder.get(indexPath, { 'if-none-match': String(reply.headers.etag) });
  t.is(again.status, 304);
});

test('a page that has not changed is not fetched again, and keeps its address; one that has gets another', async (t) => {
  const source = await scripted(t);
  const base = basePage({ alpha: [advisory(1)] });
  tellVulnerabilities(source, [base, { name: 'update', updated: '2024-01-02T00:00:00Z', packages: {} }]);
  const { clock, larder } = await start(t, { sources: { origin: source } });
  const first = await read(t, larder);

  clock.advance(hourMs + 1);
  t.regex(String((await refreshed(larder)).headers['x-cache']), /^(REVALIDATED|HIT)$/);
  t.is(source.count(vulnerabilityPagePath('base')), 1, 'the index is unchanged, so are its pages');
  t.is(source.count(vulnerabilityPagePath('update')), 1);

  tellVulnerabilities(source, [
    base,
    { name: 'update', updated: '2024-01-03T00:00:00Z', packages: { beta: [advisory(2)] } },
  ]);
  clock.advance(hourMs + 1);
  await refreshed(larder);
  const second = await read(t, larder);
  t.deepEqual(second.pages, { base: { alpha: [advisory(1)] }, update: { beta: [advisory(2)] } });
  t.is(source.count(vulnerabilityPagePath('base')), 1, 'its date has not moved');
  t.is(source.count(vulnerabilityPagePath('update')), 2);
  t.is(second.entries[0]?.['@id'], first.entries[0]?.['@id']);
  t.is(second.entries[0]?.['@updated'], first.entries[0]?.['@updated']);
  t.not(second.entries[1]?.['@id'], first.entries[1]?.['@id']);

  const old = first.entries[1]?.['@id'].slice(larder.url.length) ?? '';
  t.deepEqual(
    (await larder.get(old)).json(),
    { beta: [advisory(2)] },
    'an index that a client kept leads to the newest',
  );
});

test('after a restart, too, only the page that changed is fetched', async (t) => {
  const source = await scripted(t);
  const base = basePage({ alpha: [advisory(1)] });
  tellVulnerabilities(source, [base]);
  const store = new MemoryStore();
  const { larder } = await start(t, { sources: { origin: source }, store });
  await read(t, larder);
  tellVulnerabilities(source, [
    base,
    { name: 'update', updated: '2024-01-03T00:00:00Z', packages: { beta: [advisory(2)] } },
  ]);
  const restarted = await start(t, { sources: { origin: source }, store });
  restarted.clock.advance(hourMs + 1);
  await refreshed(restarted.larder);
  const { pages } = await read(t, restarted.larder);
  t.deepEqual(pages, { base: { alpha: [advisory(1)] }, update: { beta: [advisory(2)] } });
  t.is(source.count(vulnerabilityPagePath('base')), 1);
});

test('pages are found at relative addresses and under unchanged ones whose date moved', async (t) => {
  const source = await scripted(t);
  const tell = (updated: string) =>
    tellVulnerabilities(source, [
      { ...basePage({ alpha: [advisory(1)] }, updated), address: `../../${vulnerabilityPagePath('base')}` },
    ]);
  tell('2024-01-01T00:00:00Z');
  const { clock, larder } = await start(t, { sources: { origin: source } });
  t.deepEqual((await read(t, larder)).pages, { base: { alpha: [advisory(1)] }, update: {} });
  tell('2024-01-02T00:00:00Z');
  clock.advance(hourMs + 1);
  await refreshed(larder);
  const { pages, entries } = await read(t, larder);
  t.deepEqual(pages, { base: { alpha: [advisory(1)] }, update: {} });
  t.is(entries[0]?.['@updated'], '2024-01-02T00:00:00.000Z');
  const asked = source.requests.filter(({ path }) => path.endsWith(vulnerabilityPagePath('base')));
  t.is(asked.length, 2);
  t.truthy(asked[1]?.headers['if-none-match'], 'with the validators of what is kept');
});

test('a page on another host is read there, without the credentials of the source', async (t) => {
  const [source, other] = [await scripted(t), await scripted(t)];
  other.publish('pages/base.json', { alpha: [advisory(1)] });
  tellVulnerabilities(source, [{ ...basePage({}), address: `${other.origin}/pages/base.json` }]);
  const { larder } = await start(t, {
    sources: { origin: source },
    source: { auth: { kind: 'basic', username: 'me', password: 'secret' } },
  });
  const { pages, reply } = await read(t, larder);
  t.deepEqual(pages['base'], { alpha: [advisory(1)] });
  t.regex(String(reply.headers['cache-control']), /^private/, 'what took credentials to see is not for shared caches');
  t.truthy(source.requests.find(({ path }) => path.endsWith(vulnerabilityIndexPath))?.headers.authorization);
  t.deepEqual(
    other.requests.map(({ path, headers }) => [path, headers.authorization]),
    [['/pages/base.json', undefined]],
  );
});

test('a page larger than allowed is refused', async (t) => {
  const source = await scripted(t);
  tellVulnerabilities(source, [
    basePage(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`p${i}`, [advisory(i)]]))),
  ]);
  const { larder } = await start(t, {
    sources: { origin: source },
    config: { limits: { maxDocumentBytes: '10kB' } },
  });
  t.is((await larder.get(indexPath)).json()['code'], 'too-large');
});

test('many clients that ask at once cost the source one reading', async (t) => {
  const source = await scripted(t);
  tellVulnerabilities(source, [basePage({ alpha: [advisory(1)] })]);
  const { larder } = await start(t, { sources: { origin: source } });
  const replies = await Promise.all(Array.from({ length: 50 }, () => larder.get(indexPath)));
  t.deepEqual(new Set(replies.map(({ status, headers }) => `${status} ${String(headers['etag'])}`)).size, 1);
  t.is(source.count(vulnerabilityIndexPath), 1);
  t.is(source.count(vulnerabilityPagePath('base')), 1);
});

test('what cannot be read is left out by the entry, never by the page; a page that says nothing readable is no page', async (t) => {
  const source = await scripted(t);
  tellVulnerabilities(source, [
    basePage({
      Alpha: [
        advisory(1, '[1.0, 2.0)', '3'),
        advisory(2, '(, )', 'moderate'),
        advisory(3, '1.0.0', null),
        { severity: 2, url: 'javascript:alert(1)', versions: '[1.0.0, )' },
        { severity: 2, url: 'https://advisories.example/x', versions: 'all of them' },
        { severity: 2, url: 'https://advisories.example/x', versions: '[2.0.0, 1.0.0]' },
        { severity: 2, url: 'https://advisories.example/x' } as ScriptedAdvisory,
        null as unknown as ScriptedAdvisory,
      ],
      'not an id!': [advisory(4)],
      beta: 'nonsense',
      gamma: null,
    }),
  ]);
  const { clock, larder } = await start(t, { sources: { origin: source } });
  t.deepEqual((await read(t, larder)).pages, {
    base: { alpha: [advisory(1, '[1.0.0, 2.0.0)', 3), advisory(2, '(, )', 1), advisory(3, '[1.0.0, )', -1)] },
    update: {},
  });

  tellVulnerabilities(source, [basePage({ error: 'out of order' }, '2025-01-01T00:00:00Z')]);
  clock.advance(hourMs + 1);
  const reply = await warned(larder);
  t.is(reply.headers['x-cache'], 'STALE');
  t.regex(String(reply.headers['x-nuget-warning']), /not a vulnerability page/);
});

test('with the source away what is kept is served, with the reason told, also offline; what was never had is a failure', async (t) => {
  const source = await scripted(t);
  tellVulnerabilities(source, [basePage({ alpha: [advisory(1)] })]);
  const store = new MemoryStore();
  const { clock, larder } = await start(t, { sources: { origin: source }, store });
  await read(t, larder);
  await source.close();
  clock.advance(5 * hourMs);
  await warned(larder);
  const { reply, replies, pages } = await read(t, larder);
  t.deepEqual(pages['base'], { alpha: [advisory(1)] });
  for (const { headers } of [reply, ...replies]) {
    t.is(headers['x-cache'], 'STALE');
    t.is(headers['age'], String((5 * hourMs) / 1000));
    t.regex(String(headers['x-nuget-warning']), /origin/);
  }
  t.true(await offersVulnerabilities(larder), 'clients are led there as before');

  const { larder: offline } = await start(t, { sources: { origin: source }, store, config: { offline: true } });
  const kept = await read(t, offline);
  t.deepEqual(kept.pages['base'], { alpha: [advisory(1)] });
  t.is(kept.reply.headers['x-cache'], 'OFFLINE');

  const { larder: empty } = await start(t, { sources: { origin: source } });
  t.true(await offersVulnerabilities(empty), 'nobody said that there is nothing');
  t.is((await empty.get(indexPath)).status, 503);
  const { larder: emptyOffline } = await start(t, { sources: { origin: source }, config: { offline: true } });
  t.is((await emptyOffline.get(indexPath)).json()['code'], 'offline-miss');
});

for (const [what, breakIt] of [
  ['its index is gone', (source: ScriptedSource) => source.withdraw(vulnerabilityIndexPath)],
  ['its index is broken', (source: ScriptedSource) => source.publish(vulnerabilityIndexPath, { error: 'no' })],
  ['a page of it is gone', (source: ScriptedSource) => source.withdraw(vulnerabilityPagePath('base'))],
  ['a page of it breaks off', (source: ScriptedSource) => source.fault('vulnerability.base', 'reset mid-body')],
  [
    'a page of it has no address',
    (source: ScriptedSource) => source.publish(vulnerabilityIndexPath, [{ '@name': 'base' }]),
  ],
] as const)
  test(`a source that offers vulnerabilities and fails to tell them is a failure, not "none": ${what}`, async (t) => {
    const [whole, broken] = [await scripted(t), await scripted(t)];
    tellVulnerabilities(whole, [basePage({ alpha: [advisory(1)] })]);
    tellVulnerabilities(broken, [basePage({ beta: [advisory(2)] })]);
    breakIt(broken);
    const { larder } = await start(t, { sources: { whole, broken } });
    const reply = await larder.get(indexPath);
    t.true(reply.status >= 500, `${reply.status}`);
    t.is(reply.json()['source'], 'broken');
    const { larder: partial } = await start(t, {
      sources: { whole, broken },
      config: { feeds: [{ name: 'default', onSourceFailure: 'partial' }] },
    });
    const rest = await read(t, partial);
    t.deepEqual(rest.pages['base'], { alpha: [advisory(1)] });
    t.regex(String(rest.reply.headers['x-nuget-warning']), /left out broken/);
    t.regex(String(rest.replies[0]?.headers['cache-control']), /max-age=0/, 'what is not whole is not kept');
  });

test('a feed none of whose sources offers vulnerabilities does not pretend to: not offered, and not found', async (t) => {
  const [bare, knowing] = [await scripted(t), await scripted(t)];
  tellVulnerabilities(knowing, [basePage({ alpha: [advisory(1)] })]);
  const store = new MemoryStore();
  const { larder, clock } = await start(t, {
    store,
    sources: { bare, knowing },
    config: {
      feeds: [
        { name: 'default', sources: ['bare'] },
        { name: 'both', sources: ['bare', 'knowing'] },
      ],
    },
  });
  await eventually(
    () => offersVulnerabilities(larder),
    (offers) => !offers,
  );
  t.is((await larder.get(indexPath)).status, 404);
  const offline = await start(t, { sources: { bare }, store, config: { offline: true } });
  t.false(await offersVulnerabilities(offline.larder), 'what it said is remembered');
  t.true(await offersVulnerabilities(larder, 'feeds/both/'));
  const both = await read(t, larder, 'feeds/both/v3/vulnerabilities/index.json');
  t.deepEqual(both.pages['base'], { alpha: [advisory(1)] });
  t.is(both.reply.headers['cache-control'], 'public, max-age=600', 'a source without may offer some from then on');
  t.true(both.entries.every((entry) => entry['@id'].startsWith(`${larder.url}feeds/both/v3/vulnerabilities/`)));

  tellVulnerabilities(bare, [basePage({ beta: [advisory(2)] })]);
  clock.advance(hourMs);
  await eventually(() => offersVulnerabilities(larder), Boolean);
  await eventually(
    () => larder.get(indexPath),
    ({ status }) => status === 200,
  );
  t.deepEqual((await read(t, larder)).pages['base'], { beta: [advisory(2)] });
});

test('what a source says on a name that it may not serve is about another package', async (t) => {
  const [internal, open] = [await scripted(t), await scripted(t)];
  tellVulnerabilities(internal, [basePage({ 'corp.tool': [advisory(1)], alpha: [advisory(2)] })]);
  tellVulnerabilities(open, [
    basePage({ 'corp.tool': [advisory(3)], alpha: [advisory(4)], 'corp.other': [advisory(5)] }),
  ]);
  const { larder } = await start(t, {
    sources: { internal, open },
    config: { feeds: [{ name: 'default', sources: ['internal', 'open'] }] },
    sourceSettings: { internal: { packages: ['Corp.*'] } },
  });
  t.deepEqual((await read(t, larder)).pages['base'], { alpha: [advisory(4)], 'corp.tool': [advisory(1)] });
});

test('a source that tells of nothing but vulnerabilities is welcome beside one with packages', async (t) => {
  const [packages, audit] = [
    await scripted(t),
    await scripted(t, { traits: { flatContainer: false, registrationTypes: [] } }),
  ];
  tellVulnerabilities(audit, [basePage({ a: [advisory(1)] })]);
  const { larder } = await start(t, { sources: { packages, audit } });
  t.deepEqual((await read(t, larder)).pages['base'], { a: [advisory(1)] });
  t.is((await larder.get('v3/flat/a/index.json')).status, 200);
  t.is((await larder.get('v3/registration/a/index.json')).status, 200);
  t.is((await larder.get('v3/flat/a/1.0.0/a.1.0.0.nupkg')).status, 200);
  t.is((await larder.get('v3/flat/b/index.json')).status, 404);
});

test('no source is waited for with the service index', async (t) => {
  const source = await scripted(t);
  source.fault('v3/index.json', 'hang');
  const { larder } = await start(t, {
    sources: { origin: source },
    source: { timeouts: { headers: '60s', idle: '60s' } },
  });
  t.true(await offersVulnerabilities(larder), 'unknown is not none');
});
