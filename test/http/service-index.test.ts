import test from 'ava';

import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';

interface Index {
  readonly version: string;
  readonly resources: readonly { readonly '@id': string; readonly '@type': string; readonly clientVersion?: string }[];
}

async function start(t: Parameters<typeof startLarder>[0], config: Record<string, unknown> = {}) {
  const source = await startScriptedSource({ packages: [{ id: 'A', version: '1.0.0' }] });
  t.teardown(() => source.close());
  return startLarder(t, { sources: { origin: source }, config });
}

test('trap 1: every registration and flat container type that some client looks for is offered, SemVer1 and SemVer2 apart', async (t) => {
  const larder = await start(t);
  const { version, resources } = (await larder.get('v3/index.json')).json<Index>();
  t.is(version, '3.0.0');
  const at = (type: string) =>
    resources
      .filter((resource) => resource['@type'] === type)
      .map((resource) => resource['@id'].slice(larder.url.length));
  for (const type of [
    'RegistrationsBaseUrl',
    'RegistrationsBaseUrl/3.0.0-beta',
    'RegistrationsBaseUrl/3.0.0-rc',
    'RegistrationsBaseUrl/3.4.0',
  ])
    t.deepEqual(at(type), ['v3/registration/'], type);
  for (const type of ['RegistrationsBaseUrl/3.6.0', 'RegistrationsBaseUrl/Versioned'])
    t.deepEqual(at(type), ['v3/registration-semver2/'], type);
  for (const type of ['PackageBaseAddress/3.0.0', 'PackageBaseAddress/Versioned'])
    t.deepEqual(at(type), ['v3/flat/'], type);
  for (const { '@type': type, clientVersion } of resources)
    t.is(clientVersion !== undefined, type.endsWith('/Versioned'), type);
});

test('trap 1: search and completion are offered under every name that some client looks for', async (t) => {
  const larder = await start(t, { feeds: [{ name: 'default' }, { name: 'team', sources: ['origin'] }] });
  for (const root of ['v3/', 'feeds/team/v3/']) {
    const { resources } = (await larder.get(`${root}index.json`)).json<Index>();
    for (const [name, path] of [
      ['SearchQueryService', 'search'],
      ['SearchAutocompleteService', 'autocomplete'],
    ] as const)
      for (const suffix of ['', '/3.0.0-beta', '/3.0.0-rc', '/3.4.0', '/3.5.0', '/Versioned'])
        t.deepEqual(
          resources.filter((one) => one['@type'] === name + suffix).map((one) => one['@id']),
          [`${larder.url}${root}${path}`],
          name + suffix,
        );
    t.is((await larder.get(`${root}search?q=a`)).status, 200);
    t.is((await larder.get(`${root}autocomplete?q=a`)).status, 200);
  }
});

test('what no source behind the feed can give is not offered', async (t) => {
  const larder = await start(t);
  const { resources } = (await larder.get('v3/index.json')).json<Index>();
  const ours =
    /^(PackageBaseAddress|RegistrationsBaseUrl|ReadmeUriTemplate|PackageDetailsUriTemplate|Search\w+Service)(\/|$)/;
  for (const { '@type': type } of resources) t.regex(type, ours);
});

test("a package's readme and its page are told as templates of ours", async (t) => {
  const larder = await start(t, { feeds: [{ name: 'default' }, { name: 'Team.X', sources: ['origin'] }] });
  const templates = async (root: string) => {
    const { resources } = (await larder.get(`${root}v3/index.json`)).json<Index>();
    const of = (type: string) => resources.find((resource) => resource['@type'] === type)?.['@id'];
    return [of('ReadmeUriTemplate/6.13.0'), of('PackageDetailsUriTemplate/5.1.0')];
  };
  t.deepEqual(await templates(''), [
    `${larder.url}v3/flat/{lower_id}/{lower_version}/readme`,
    `${larder.url}packages/{id}/{version}?_src=template`,
  ]);
  t.deepEqual(await templates('feeds/Team.X/'), [
    `${larder.url}feeds/Team.X/v3/flat/{lower_id}/{lower_version}/readme`,
    `${larder.url}packages/{id}/{version}?feed=Team.X&_src=template`,
  ]);
});

test('every resource lies below the directory of the index that names it, for the default feed and for a named one', async (t) => {
  const larder = await start(t, { feeds: [{ name: 'default' }, { name: 'Team.X', sources: ['origin'] }] });
  for (const root of ['v3/', 'feeds/Team.X/v3/']) {
    const { resources } = (await larder.get(`${root}index.json`)).json<Index>();
    // The page of a package is for people: clients only open it.
    const read = resources.filter((resource) => resource['@type'] !== 'PackageDetailsUriTemplate/5.1.0');
    for (const resource of read) t.true(resource['@id'].startsWith(`${larder.url}${root}`), resource['@id']);
    t.is((await larder.get(`${root}flat/a/index.json`)).status, 200);
    const registration = (await larder.get(`${root}registration/a/index.json`)).json<{ '@id': string }>();
    t.is(registration['@id'], `${larder.url}${root}registration/a/index.json`);
  }
  t.is((await larder.get('feeds/nobody/v3/index.json')).status, 404);
});

test('addresses follow the host that the client used', async (t) => {
  const larder = await start(t);
  const { resources } = (await larder.get('v3/index.json', { host: 'nuget.corp.example:8080' })).json<Index>();
  t.true(resources.every((resource) => resource['@id'].startsWith('http://nuget.corp.example:8080/')));
  const list = (await larder.get('v3/registration/a/index.json', { host: 'nuget.corp.example:8080' })).json<{
    '@id': string;
  }>();
  t.is(list['@id'], 'http://nuget.corp.example:8080/v3/registration/a/index.json');
  const other = (await larder.get('v3/registration/a/index.json', { host: 'other.example' })).json<{ '@id': string }>();
  t.is(
    other['@id'],
    'http://other.example/v3/registration/a/index.json',
    'one client never sees the address of another',
  );
});

test('a host that is none is refused', async (t) => {
  const larder = await start(t);
  for (const host of ['evil/path', 'a b', 'x@y', '<script>']) {
    const reply = await larder.get('v3/index.json', { host });
    t.is(reply.status, 400, host);
  }
});

test('forwarded addresses are believed from trusted proxies only', async (t) => {
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'nuget.corp.example' };
  const first = async (config: Record<string, unknown>) =>
    (await (await start(t, config)).get('v3/index.json', forwarded)).json<Index>().resources[0]?.['@id'];
  t.is(await first({ trustedProxies: ['127.0.0.0/8'] }), 'https://nuget.corp.example/v3/flat/');
  t.regex(String(await first({ trustedProxies: ['10.0.0.0/8'] })), /^http:\/\/127\.0\.0\.1:/);
  t.regex(String(await first({})), /^http:\/\/127\.0\.0\.1:/);
});

test('trap 33: behind a TLS terminator every address in our documents is https', async (t) => {
  const larder = await start(t, { trustedProxies: ['127.0.0.0/8'] });
  const forwarded = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'nuget.corp.example' };
  for (const path of ['v3/index.json', 'v3/registration-semver2/a/index.json']) {
    const got = await larder.get(path, forwarded);
    t.is(got.status, 200, path);
    const addresses = got.text().match(/https?:\/\/(?:nuget\.corp\.example|127\.0\.0\.1|localhost)[^"]*/g) ?? [];
    t.true(addresses.length > 3, path);
    t.deepEqual(
      addresses.filter((address) => !address.startsWith('https://nuget.corp.example/')),
      [],
    );
  }
});

test('a configured public address is used whatever the request says', async (t) => {
  const larder = await start(t, { publicUrl: 'https://nuget.corp.example/larder/' });
  const { resources } = (await larder.get('v3/index.json')).json<Index>();
  t.true(resources.every((resource) => resource['@id'].startsWith('https://nuget.corp.example/larder/')));
  t.is(
    (await larder.get('larder/v3/flat/a/index.json')).status,
    200,
    'a proxy that does not strip the path is served too',
  );
});
