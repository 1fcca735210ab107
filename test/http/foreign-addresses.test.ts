import { gunzipSync } from 'node:zlib';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { registration } from '../support/scripted-documents.js';
import { getter, startLarder } from '../support/larder.js';
import type { LarderUnderTest, Reply } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';
import { advisory, basePage, tellVulnerabilities } from '../support/scripted-vulnerabilities.js';
import type { ScriptedPage } from '../support/scripted-vulnerabilities.js';

/** Fields in which an address elsewhere is right: the author wrote it, or an advisory's publisher, for people to open. */
const peoplesFields: ReadonlySet<string> = new Set(['projectUrl', 'licenseUrl', 'iconUrl', 'advisoryUrl']);
/** Vocabulary: names, never fetched. Right only below `@context` and as `@type`. */
const vocabulary =
  /^https?:\/\/(?:schema\.nuget\.org\/|www\.w3\.org\/(?:2001\/XMLSchema|2000\/01\/rdf-schema)|www\.w3\.org\/1999\/02\/22-rdf-syntax-ns)/;
const address = /^\s*(?:[a-z][a-z0-9+.-]*:)?\/\/\S/i;

interface Walker {
  /** Where all addresses must lie below. */
  readonly base: string;
  /** Where none may point, in no field and no text. */
  readonly forbidden: readonly string[];
}

/** The addresses in a JSON value that lie elsewhere, each with the way to it. */
function foreignAddresses(value: unknown, walker: Walker, way: readonly string[] = []): string[] {
  if (Array.isArray(value))
    return value.flatMap((one, place) => foreignAddresses(one, walker, [...way, String(place)]));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, member]) => [
      ...foreignAddresses(key, walker, [...way, 'a key']),
      ...foreignAddresses(member, walker, [...way, key]),
    ]);
  return typeof value !== 'string' || isRight(value, way, walker) ? [] : [`${way.join(' › ')}: ${value}`];
}

function isRight(text: string, way: readonly string[], { base, forbidden }: Walker): boolean {
  if (forbidden.some((one) => text.toLowerCase().includes(one.toLowerCase()))) return false;
  if (!address.test(text) || text.startsWith(base)) return true;
  const field = way.findLast((step) => !/^\d+$/.test(step)) ?? '';
  if (peoplesFields.has(field) || isAdvisoryAddress(way)) return true;
  return (way.includes('@context') || field === '@type') && vocabulary.test(text);
}

/** In a page of vulnerabilities: an id's advisories in a list, each with the address of its publisher. */
const isAdvisoryAddress = (way: readonly string[]) =>
  way.length === 3 && /^\d+$/.test(way[1] ?? '') && way[2] === 'url';

/** Every string below a member of one of these names leads to another document of ours. */
const leadingOn = new Set(['@id', 'catalogEntry', 'registration', 'parent']);

function linksIn(value: unknown, field = ''): string[] {
  if (typeof value === 'string') return leadingOn.has(field) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((one) => linksIn(one, field));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => linksIn(member, key));
}

/** Reads the documents at the paths and all that they lead to below the base. */
async function walk(t: ExecutionContext, larder: LarderUnderTest, paths: readonly string[]) {
  const base = larder.url;
  const read = new Map<string, unknown>();
  const ahead = [...paths];
  for (let path = ahead.pop(); path !== undefined; path = ahead.pop()) {
    if (read.has(path)) continue;
    const reply = await larder.get(path, { 'accept-encoding': 'gzip' });
    t.is(reply.status, 200, `${path} is led to and must be there`);
    const document = jsonOf(reply);
    read.set(path, document);
    for (const link of linksIn(document)) {
      const target = link.split('#')[0] ?? '';
      if (target.startsWith(base) && target.endsWith('.json')) ahead.push(target.slice(base.length));
    }
  }
  return read;
}

function jsonOf({ headers, body }: Reply): unknown {
  return JSON.parse((headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
}

const many = Array.from({ length: 129 }, (_, minor) => ({
  id: 'Many.Versions',
  version: `1.${minor}.0`,
  dependencies: { Rich: '[1.0.0, )' },
}));

async function start(t: ExecutionContext) {
  const source = await startScriptedSource({ packages: many });
  t.teardown(() => source.close());
  const { origin } = source;
  source.add({
    id: 'Rich',
    version: '1.0.0',
    dependencies: { 'Many.Versions': '[1.0.0, )' },
    entryExtras: {
      projectUrl: 'https://author.example/project',
      licenseUrl: 'https://licenses.example/MIT',
      vulnerabilities: [
        { '@id': `${origin}/v3/catalog0/#v/1`, advisoryUrl: 'https://advisories.example/1', severity: '2' },
      ],
      deprecation: {
        '@id': `${origin}/v3/catalog0/#deprecation`,
        message: 'Take the other one',
        reasons: ['Legacy'],
        alternatePackage: { '@id': `${origin}/v3/catalog0/#alternate`, id: 'Many.Versions', range: '*' },
      },
      packageTypes: [{ '@id': `${origin}/v3/catalog0/#type`, name: 'Dependency' }],
      packageEntries: [{ '@id': `${origin}/v3/catalog0/#entry`, name: 'a.dll' }],
      '@context': { '@vocab': `${origin}/vocabulary#` },
      readmeUrl: `${origin}/readme`,
      somethingNew: { deep: [{ down: `${origin}/secret` }] },
    },
  });
  source.add({ id: 'Rich', version: '2.0.0-beta.1', entryExtras: { iconUrl: 'https://author.example/icon.png' } });
  source.add({ id: 'Escaped', version: '1.0.0' });
  escapeSlashes(source, 'Escaped', '1.0.0');
  tellVulnerabilities(source, [
    basePage({ rich: [{ ...advisory(1), '@id': `${origin}/advisory`, more: { at: `${origin}/more` } }] }),
    { name: 'update', updated: '2024-02-01T00:00:00Z', packages: { 'many.versions': [advisory(2)] } },
  ] as ScriptedPage[]);
  const larder = await startLarder(t, { sources: { origin: source } });
  return { source, larder, walker: { base: larder.url, forbidden: [origin, new URL(origin).host] } };
}

/** As servers on some frameworks write JSON: `https:\/\/`. */
function escapeSlashes(source: ScriptedSource, id: string, version: string): void {
  const hive = 'registration5-gz-semver2';
  const { index } = registration(`${source.origin}/`, hive, [source.package(id, version)], source.traits);
  const text = JSON.stringify(index).replaceAll('/', '\\/');
  source.replace(`v3/${hive}/${id.toLowerCase()}/index.json`, Buffer.from(text));
}

const ids = ['many.versions', 'rich', 'escaped'];
const pathsBelow = (mount: string) => [
  `${mount}v3/index.json`,
  ...ids.flatMap((id) => [
    `${mount}v3/flat/${id}/index.json`,
    `${mount}v3/registration/${id}/index.json`,
    `${mount}v3/registration-semver2/${id}/index.json`,
  ]),
];

for (const mount of ['', 'feeds/default/'])
  test(`no document below /${mount} holds an address elsewhere, and every address of ours leads to one`, async (t) => {
    const { source, larder, walker } = await start(t);
    // The addresses of a service index are bases: what lies below them is in the list.
    const index = jsonOf(await larder.get(`${mount}v3/index.json`)) as { resources: { '@id': string }[] };
    t.deepEqual(foreignAddresses(index, walker), []);
    t.true(index.resources.length > 0);
    const documents = await walk(t, larder, pathsBelow(mount));
    const found = [...documents].flatMap(([path, one]) =>
      foreignAddresses(one, walker).map((what) => `${path}: ${what}`),
    );
    t.deepEqual(found, []);
    const count = (part: string) => [...documents.keys()].filter((path) => path.includes(part)).length;
    t.true(count('/page/') >= 6, 'the pages of 129 versions stand apart in both hives');
    t.is(count('/vulnerabilities/'), 3, 'the index and both of its pages');
    t.true(count('/details/') >= 129, 'entries are documents of their own');
    t.true(
      [...documents.keys()].every((path) => path.startsWith(mount)),
      'no feed leads into another',
    );
    t.true(source.count('.json') > 0);
  });

for (const state of ['there', 'away'] as const)
  test(`search and completion hold no address elsewhere, and theirs lead to documents of ours, with the source ${state}`, async (t) => {
    const { source, larder, walker } = await start(t);
    for (const id of ids) await larder.get(`v3/registration-semver2/${id}/index.json`);
    if (state === 'away') source.fault(/^\/(query|autocomplete)/, { status: 500 });
    for (const root of ['v3/', 'feeds/default/v3/'])
      for (const query of [
        'search?q=',
        'search?q=&prerelease=true&semVerLevel=2.0.0',
        'autocomplete?q=',
        'autocomplete?id=rich',
      ]) {
        const documents = await walk(t, larder, [root + query]);
        const found = [...documents].flatMap(([path, one]) =>
          foreignAddresses(one, walker).map((what) => `${path}: ${what}`),
        );
        t.deepEqual(found, [], query);
        if (!query.startsWith('search')) continue;
        t.true(documents.size > 130, 'versions lead to their leaves');
        const text = JSON.stringify(documents.get(root + query));
        if (query.includes('prerelease')) t.true(text.includes('https://author.example/icon.png'));
        else t.true(text.includes(`${larder.url}${root}flat/many.versions/1.128.0/icon`), 'a kept icon is ours');
      }
    t.true(source.count('/query') > 0);
  });

test('the status for programs holds no address elsewhere', async (t) => {
  const { larder, walker } = await start(t);
  t.deepEqual(foreignAddresses((await larder.get('api/status')).json(), walker), []);
  t.deepEqual(foreignAddresses((await larder.get('health/ready')).json(), walker), []);
});

test('a problem document holds no address of the source', async (t) => {
  const { source, larder, walker } = await start(t);
  await source.close();
  for (const path of ['v3/flat/nobody/index.json', 'v3/flat/nobody/1.0.0/nobody.1.0.0.nupkg']) {
    const reply = await larder.get(path);
    t.true(reply.status >= 500);
    t.deepEqual(foreignAddresses(reply.json(), walker), []);
  }
});

test('the page for people loads and links nothing elsewhere: sources stand there as text', async (t) => {
  const { source, larder } = await start(t);
  const page = (await larder.get('')).text();
  t.true(page.includes(source.url.replaceAll('&', '&amp;')), 'the source is named');
  t.deepEqual(foreignLinks(page, larder.url), []);
});

/** What a browser would load or follow. */
function foreignLinks(html: string, base: string): string[] {
  const attributes = html.matchAll(/\s(?:href|src|srcset|action|formaction|data|poster)\s*=\s*["']?([^"'\s>]+)/gi);
  const inStyles = html.matchAll(/(?:url\(\s*["']?|@import\s+["'])([^"')\s]+)/gi);
  return [...attributes, ...inStyles]
    .map(([, link = '']) => link)
    .filter((link) => address.test(link) && !link.startsWith(base));
}

test('the walker finds what it is to find', async (t) => {
  const { source } = await start(t);
  const walker = { base: 'http://larder.example/', forbidden: ['origin.example'] };
  const find = (value: unknown) => foreignAddresses(value, walker).length;
  t.is(find({ '@id': 'http://larder.example/v3/index.json', projectUrl: 'https://a.example/' }), 0);
  t.is(find({ '@id': 'https://a.example/' }), 1);
  t.is(find({ items: [{ items: [{ catalogEntry: { '@id': 'https://a.example/' } }] }] }), 1);
  t.is(find({ '@id': '//a.example/' }), 1);
  t.is(find({ '@id': 'HTTPS://a.example/' }), 1);
  t.is(find({ '@id': 'http://larder.example.evil/' }), 1);
  t.is(find({ projectUrl: 'https://origin.example/' }), 1, 'not even there');
  t.is(find({ description: 'see https://ORIGIN.example/x' }), 1);
  t.is(find({ 'https://a.example/': 1 }), 1);
  t.is(find({ '@context': { '@vocab': 'http://schema.nuget.org/schema#' } }), 0);
  t.is(find({ '@context': { '@vocab': 'https://a.example/' } }), 1);
  t.is(find({ id: [{ url: 'https://a.example/' }] }), 0);
  t.is(find({ id: [{ url: 'https://origin.example/' }] }), 1);
  t.is(find({ url: 'https://a.example/' }), 1);
  t.is(find({ id: [{ deep: { url: 'https://a.example/' } }] }), 1);
  t.is(find({ other: 'http://schema.nuget.org/schema#' }), 1);
  t.is(find(JSON.parse('{"@id":"https:\\/\\/a.example\\/"}')), 1);
  t.is(foreignLinks('<a href="https://a.example/">', walker.base).length, 1);
  t.is(
    foreignLinks('<style>@import "//a.example/";b{background:url(http://a.example/)}</style>', walker.base).length,
    2,
  );
  t.is(foreignLinks('<a href="/v3/index.json">https://a.example/</a>', walker.base).length, 0);

  // And on a whole document: the source's own, as a proxy that passes it through would give it.
  const passedOn = await getter(t, source.origin)('v3/registration5-semver1/rich/index.json');
  t.true(foreignAddresses(passedOn.json(), { base: walker.base, forbidden: [] }).length > 10);
});
