import { Writable } from 'node:stream';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { createLog } from '../../src/ops/log.js';
import { ManualClock, startLarder } from '../support/larder.js';
import type { LarderOptions, LarderUnderTest, Reply } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';

const keys = {
  all: 'key-that-opens-everything',
  team: 'key-of-the-team-alone',
};

const basic = (password: string, user = 'any') => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

/** Feed `default` has the source `open`, feed `team` has `open` and `vault`; Private.Thing is in `vault` only. */
async function start(
  t: ExecutionContext,
  access: Readonly<Record<string, unknown>> = {},
  more: Partial<LarderOptions> = {},
) {
  const open = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0', fillerBytes: 2000 }] });
  const vault = await startScriptedSource({ packages: [{ id: 'Private.Thing', version: '1.0.0', fillerBytes: 2000 }] });
  t.teardown(() => Promise.all([open.close(), vault.close()]));
  const larder = await startLarder(t, {
    sources: { open, vault },
    ...more,
    config: {
      feeds: [
        { name: 'default', sources: ['open'] },
        { name: 'team', sources: ['open', 'vault'] },
        { name: 'private', sources: ['vault'] },
      ],
      access: {
        anonymousRead: false,
        keys: [
          { name: 'all', key: keys.all },
          { name: 'team', key: keys.team, feeds: ['team'] },
        ],
        ...access,
      },
      ...more.config,
    },
  });
  return { open, vault, larder };
}

const below = (mount: string, id: string) => [
  `${mount}v3/index.json`,
  `${mount}v3/flat/${id}/index.json`,
  `${mount}v3/flat/${id}/1.0.0/${id}.1.0.0.nupkg`,
  `${mount}v3/flat/${id}/1.0.0/${id}.nuspec`,
  `${mount}v3/registration/${id}/index.json`,
  `${mount}v3/registration-semver2/${id}/index.json`,
  `${mount}v3/registration-semver2/${id}/1.0.0.json`,
  `${mount}v3/details/${id}/1.0.0.json`,
];
const ofDefault = below('', 'alpha');
const ofTeam = below('feeds/team/', 'private.thing');
const ofPrivate = below('feeds/private/', 'private.thing');
const others = [
  '',
  'api/status',
  'api/sources',
  'metrics',
  'nothing',
  'v2/',
  'api/v2',
  'symbols/a.pdb/1/a.pdb',
  'packages/alpha',
];

function assertChallenged(t: ExecutionContext, reply: Reply, about: string): void {
  t.is(reply.status, 401, about);
  t.is(reply.headers['www-authenticate'], 'Basic realm="Larder", charset="UTF-8"', about);
  t.is(reply.headers['content-type'], 'application/problem+json', about);
  t.is(reply.headers['cache-control'], 'no-store', about);
  t.is(reply.headers['x-larder-source'], undefined, about);
}

function assertForbidden(t: ExecutionContext, reply: Reply, about: string): void {
  t.is(reply.status, 403, about);
  t.is(reply.headers['www-authenticate'], undefined, about);
  t.like(reply.json(), {
    code: 'forbidden',
    detail: 'the key team does not open this address. Ask who runs this server for the right.',
  });
}

test('without a key nothing is told but that a key is needed, whatever the address and the method', async (t) => {
  const { open, vault, larder } = await start(t);
  const bodies = new Set<string>();
  for (const path of [...ofDefault, ...ofTeam, ...ofPrivate, 'feeds/nowhere/v3/index.json', ...others])
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE'] as const) {
      const reply = await larder.get(path, {}, method);
      assertChallenged(t, reply, `${method} ${path}`);
      if (method !== 'HEAD') bodies.add(reply.text());
    }
  t.is(bodies.size, 1, 'the same words for all');
  t.regex([...bodies].join(), /"code":"unauthorized"/);
  t.is(open.requests.length + vault.requests.length, 0);
});

test('probes need no key', async (t) => {
  const { larder } = await start(t);
  for (const path of ['health/live', 'health/ready']) t.is((await larder.get(path)).status, 200, path);
});

test('a key opens its feeds in each form that clients send it in', async (t) => {
  const { larder } = await start(t);
  for (const headers of [
    basic(keys.all),
    basic(keys.all, ''),
    { authorization: `Bearer ${keys.all}` },
    { 'X-NuGet-ApiKey': keys.all },
    { ...basic('for-the-proxy-before'), 'X-NuGet-ApiKey': keys.all },
  ])
    for (const path of [...ofDefault, ...ofTeam, ...ofPrivate, '', 'api/status'])
      t.is((await larder.get(path, headers)).status, 200, `${path} ${JSON.stringify(headers)}`);
  t.is(
    (await larder.get('feeds/nowhere/v3/index.json', basic(keys.all))).status,
    404,
    'who may read all learns what is not',
  );
  t.is((await larder.get('v3/index.json', basic(keys.all), 'PUT')).status, 405);
});

test('what is no key of ours is answered like nothing sent, and nothing breaks', async (t) => {
  const { open, larder } = await start(t);
  for (const headers of [
    basic('wrong-key'),
    basic(''),
    basic(keys.all.slice(0, -1)),
    basic(`${keys.all} `),
    basic(keys.all.toUpperCase()),
    basic('any', keys.all),
    { authorization: `Basic ${Buffer.from(keys.all).toString('base64')}` },
    { authorization: 'Basic' },
    { authorization: 'Basic %%%%' },
    { authorization: 'Basic /////w==' },
    { authorization: `Basic ${'QUJD'.repeat(5000)}` },
    { authorization: 'Basic YTpi=====' },
    { authorization: 'Bearer' },
    { authorization: `Bearer ${'x'.repeat(20_000)}` },
    { authorization: `Bearer ${keys.all} more` },
    { authorization: `Negotiate ${keys.all}` },
    { authorization: keys.all },
    { authorization: '\u00ff\u00fe' },
    { authorization: 'Digest username="any", response="x"' },
    { 'X-NuGet-ApiKey': 'wrong-key' },
    { 'X-NuGet-ApiKey': `${keys.all}, ${keys.all}` },
    { cookie: `key=${keys.all}` },
  ]) {
    const reply = await larder.get('v3/flat/alpha/index.json', headers);
    assertChallenged(t, reply, JSON.stringify(headers).slice(0, 80));
    t.notRegex(reply.text() + reply.reason, /key-that/);
  }
  assertChallenged(t, await larder.get(`v3/index.json?key=${keys.all}&api-key=${keys.all}`), 'a key in the address');
  t.is(open.requests.length, 0);
});

test('a key without the right is told so in the same words whether there is such a feed or not', async (t) => {
  const { open, vault, larder } = await start(t);
  const bodies = new Set<string>();
  for (const path of [
    ...ofDefault,
    ...ofPrivate,
    'feeds/nowhere/v3/index.json',
    'feeds/nowhere/v3/flat/alpha/index.json',
    'feeds/Team/v3/index.json',
    'feeds/',
    'packages/alpha',
    'packages/alpha?feed=private',
    'api/explain/alpha?feed=private',
    'api/explain/alpha?feed=team&feed=private',
    'metrics',
  ]) {
    const reply = await larder.get(path, basic(keys.team));
    assertForbidden(t, reply, path);
    bodies.add(reply.text() + reply.reason);
    for (const method of ['HEAD', 'PUT'] as const)
      t.is((await larder.get(path, basic(keys.team), method)).status, 403, `${method} ${path}`);
  }
  t.is(bodies.size, 1);
  t.is(open.requests.length + vault.requests.length, 0);
  for (const path of ofTeam) t.is((await larder.get(path, basic(keys.team))).status, 200, path);
});

test('what one key has made ready in memory is not given to another', async (t) => {
  const { larder } = await start(t);
  const primed = new Map<string, Reply>();
  for (const path of [...ofDefault, ...ofPrivate])
    for (let round = 0; round < 2; round++) primed.set(path, await larder.get(path, basic(keys.all)));
  t.is(primed.get('v3/flat/alpha/index.json')?.headers['x-cache'], 'HIT');
  for (const [path, { headers }] of primed) {
    const conditional = { 'if-none-match': String(headers.etag), 'if-modified-since': new Date().toUTCString() };
    t.is((await larder.get(path, { ...basic(keys.all), ...conditional })).status, 304, path);
    for (const more of [{}, conditional, { range: 'bytes=0-9' }]) {
      assertChallenged(t, await larder.get(path, more), path);
      assertForbidden(t, await larder.get(path, { ...basic(keys.team), ...more }), path);
    }
    assertChallenged(t, await larder.get(path, {}, 'HEAD'), path);
  }
});

const kept = (reply: Reply) => [String(reply.headers['cache-control']), String(reply.headers['vary'] ?? '')] as const;

test('where not everyone may read, no shared cache may keep an answer', async (t) => {
  const { larder } = await start(t);
  for (const path of [...ofDefault, ...ofTeam, '', 'api/status', 'nothing'])
    for (const round of [1, 2])
      for (const [method, more] of [
        ['GET', {}],
        ['HEAD', {}],
        ['GET', { range: 'bytes=0-9' }],
        ['GET', { 'if-none-match': '*' }],
      ] as const) {
        const reply = await larder.get(path, { ...basic(keys.all), ...more }, method);
        const [cacheControl, vary] = kept(reply);
        const about = `${method} ${path} ${JSON.stringify(more)} (${round}): ${reply.status} ${cacheControl} ${vary}`;
        t.regex(cacheControl, /^(?:private|no-store)\b/, about);
        t.notRegex(cacheControl, /public|s-maxage/, about);
        t.regex(vary, /\bAuthorization, X-NuGet-ApiKey$/, about);
      }
  const list = await larder.get('v3/flat/alpha/index.json', basic(keys.all));
  t.deepEqual(kept(list), ['private, max-age=60', 'Accept-Encoding, Authorization, X-NuGet-ApiKey']);
  const nupkg = await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg', basic(keys.all));
  t.is(kept(nupkg)[0], 'private, max-age=31536000, immutable');
  t.is(nupkg.headers['content-type'], 'application/octet-stream');
});

test('where everyone may read, answers stay public', async (t) => {
  const { larder } = await start(t, { anonymousRead: true });
  for (const headers of [{}, basic(keys.all)]) {
    t.deepEqual(kept(await larder.get('v3/index.json', headers)), ['public, max-age=60', 'Accept-Encoding']);
    t.deepEqual(kept(await larder.get('v3/flat/alpha/index.json', headers)), ['public, max-age=60', 'Accept-Encoding']);
  }
});

test('anonymous reading opens all feeds; a key takes nothing away, and a wrong one is told', async (t) => {
  const { larder } = await start(t, { anonymousRead: true });
  for (const path of [...ofDefault, ...ofTeam, ...ofPrivate, '', 'api/status']) {
    t.is((await larder.get(path)).status, 200, path);
    t.is((await larder.get(path, basic(keys.team))).status, 200, path);
    assertChallenged(t, await larder.get(path, basic('wrong-key')), path);
  }
});

test('without keys of ours credentials are somebody else’s: a proxy before us may have asked for them', async (t) => {
  const { larder } = await start(t, { anonymousRead: true, keys: [] });
  for (const headers of [basic('of-the-proxy'), { authorization: 'Negotiate abc' }, { 'X-NuGet-ApiKey': 'x' }])
    t.is((await larder.get('v3/flat/alpha/index.json', headers)).status, 200);
});

test('a server without keys and without anonymous reading is closed', async (t) => {
  const { lines, log } = recordedLog();
  const { larder } = await start(t, { keys: [] }, { log });
  t.regex(lines.join('\n'), /"level":"warn".*nobody may read/);
  for (const headers of [{}, basic(keys.all), basic('')])
    assertChallenged(t, await larder.get('v3/index.json', headers), JSON.stringify(headers));
  t.is((await larder.get('health/ready')).status, 200);
});

test('the page and the status tell a key with few feeds no names and no numbers of the rest', async (t) => {
  const { open, vault, larder } = await start(t, {
    keys: [
      { name: 'all', key: keys.all },
      { name: 'team', key: keys.team, feeds: ['private'] },
    ],
  });
  for (const path of [...ofDefault, ...ofPrivate]) await larder.get(path, basic(keys.all));
  const page = await larder.get('', basic(keys.team));
  t.is(page.status, 200);
  t.true(page.text().includes(vault.url));
  t.true(page.text().includes('/feeds/private/v3/index.json'));
  t.false(page.text().includes(open.origin));
  t.false(page.text().includes('Kept here'));
  t.deepEqual(Object.keys((await larder.get('api/status', basic(keys.team))).json()), [
    'version',
    'uptimeSeconds',
    'offline',
  ]);

  const whole = await larder.get('', basic(keys.all));
  for (const told of [open.url, vault.url, 'Kept here', '2 in 2 versions', '/v3/index.json'])
    t.true(whole.text().includes(told), told);
  t.like((await larder.get('api/status', basic(keys.all))).json(), { packages: 2, versions: 2 });
});

test('below the path of a public address the same feeds are closed', async (t) => {
  const { larder } = await start(t, {}, { config: { publicUrl: 'https://corp.example/nuget/' } });
  for (const path of [
    'nuget/feeds/private/v3/index.json',
    'feeds/private/v3/index.json',
    'nuget//feeds/private/v3/index.json',
  ])
    assertChallenged(t, await larder.get(path), path);
  for (const path of ['nuget/feeds/private/v3/index.json', 'feeds/private/v3/index.json']) {
    assertForbidden(t, await larder.get(path, basic(keys.team)), path);
    t.is((await larder.get(path, basic(keys.all))).status, 200, path);
  }
  t.is((await larder.get('nuget/feeds/team/v3/index.json', basic(keys.team))).status, 200);
});

function recordedLog() {
  const lines: string[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(...chunk.toString().trimEnd().split('\n'));
      done();
    },
  });
  return { lines, log: createLog({ level: 'trace', format: 'json' }, destination) };
}

const linesOf = async (lines: readonly string[], larder: LarderUnderTest) => {
  await larder.shutdown();
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
};

test('the log names the key that a request came with, and no key stands in it in any form', async (t) => {
  const { lines, log } = recordedLog();
  const { larder } = await start(t, {}, { log });
  const wrong = 'wrong-key-wrong-key';
  for (const headers of [
    basic(keys.all),
    basic(keys.team),
    { authorization: `Bearer ${keys.all}` },
    { 'X-NuGet-ApiKey': keys.all },
    basic(wrong),
    {},
  ])
    await larder.get('feeds/private/v3/flat/private.thing/index.json', headers);
  const told = await linesOf(lines, larder);
  t.deepEqual(
    told.filter(({ status }) => status !== undefined).map(({ status, key, code }) => [status, key, code]),
    [
      [200, 'all', undefined],
      [403, 'team', 'forbidden'],
      [200, 'all', undefined],
      [200, 'all', undefined],
      [401, undefined, 'unauthorized'],
      [401, undefined, 'unauthorized'],
    ],
  );
  for (const secret of [keys.all, keys.team, wrong])
    for (const spelling of [
      secret,
      Buffer.from(`any:${secret}`).toString('base64'),
      Buffer.from(secret).toString('base64'),
    ])
      t.false(lines.join('\n').includes(spelling));
});

test('wrong keys are told in the log once for an address and minute', async (t) => {
  const { lines, log } = recordedLog();
  const clock = new ManualClock();
  const { larder } = await start(t, {}, { log, clock });
  const guess = async (times: number) => {
    for (let i = 0; i < times; i++) await larder.get('v3/index.json', basic(`guess-${i}`));
  };
  await guess(5);
  clock.advance(59_000);
  await guess(5);
  await larder.get('v3/index.json');
  clock.advance(1_000);
  await guess(5);
  const told = (await linesOf(lines, larder)).filter(({ msg }) => /none of ours/.test(String(msg)));
  t.deepEqual(
    told.map(({ level, remote }) => [level, remote]),
    [
      ['warn', '127.0.0.1'],
      ['warn', '127.0.0.1'],
    ],
  );
});
