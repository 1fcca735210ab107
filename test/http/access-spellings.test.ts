import test from 'ava';
import fc from 'fast-check';
import { Pool } from 'undici';

import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';

const team = { authorization: 'Bearer key-of-the-team' };
const vault = { authorization: 'Bearer key-of-the-vault' };

/** What lies in the feed `vault`, whose name and packages nobody else may learn. */
const wanted = [
  'feeds/vault/v3/index.json',
  'feeds/vault/v3/flat/hidden.thing/index.json',
  'feeds/vault/v3/flat/hidden.thing/1.0.0/hidden.thing.1.0.0.nupkg',
  'feeds/vault/v3/registration-semver2/hidden.thing/index.json',
];

/** One spelling of a character as it may stand in a target. */
const spelt = (character: string) =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(character) },
    { weight: 1, arbitrary: fc.constant(character.toUpperCase()) },
    { weight: 1, arbitrary: fc.constant(`%${character.charCodeAt(0).toString(16)}`) },
    { weight: 1, arbitrary: fc.constant(`%${character.charCodeAt(0).toString(16).toUpperCase()}`) },
    { weight: 1, arbitrary: fc.constant(`%25${character.charCodeAt(0).toString(16)}`) },
  );

const separator = fc.oneof(
  { weight: 12, arbitrary: fc.constant('/') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '//',
      '/./',
      '%2f',
      '%2F',
      '\\',
      '%5c',
      '/../',
      '/%2e/',
      '/%2e%2e/',
      '/x/../',
      '/;/',
      './',
    ),
  },
);

const lead = fc.oneof(
  { weight: 10, arbitrary: fc.constant('/') },
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      '//',
      '/./',
      '/\\',
      '/v3/../',
      '/feeds/team/../../',
      '/feeds/team/v3/../../../',
      '/feeds/team/%2e%2e/%2e%2e/',
      '/feeds/team%2f..%2f..%2f',
      '/feeds/../',
      '/health/../',
      '/health/live/../../',
      '/api/../',
      '/nuget/',
      '/nuget//',
      '//nuget/',
      '/nuget/nuget/',
      '/nuget/feeds/team/../../',
      'http://localhost/',
      'http://localhost//',
      'http://localhost/nuget/',
      'http://team:x@localhost/',
      'http://localhost\\',
    ),
  },
);

const tail = fc.oneof(
  { weight: 10, arbitrary: fc.constant('') },
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '/',
      '.',
      '..',
      '%20',
      '?',
      '?feed=team',
      '?/feeds/team/v3/index.json',
      '#',
      '#?',
      ';x=1',
      '%00',
      '%2e',
      '/.',
      '/..',
      '\u00a0',
    ),
  },
);

const target = fc.constantFrom(...wanted).chain((path) => {
  const segments = path.split('/').map((segment) => fc.tuple(...[...segment].map(spelt)).map((all) => all.join('')));
  const joined = segments.reduce((before, next) => fc.tuple(before, separator, next).map(([a, b, c]) => a + b + c));
  return fc
    .tuple(lead, fc.oneof({ weight: 1, arbitrary: fc.constant(path) }, { weight: 2, arbitrary: joined }), tail)
    .map((all) => all.join(''));
});

const method = fc.constantFrom('GET', 'HEAD', 'OPTIONS', 'POST');

for (const [how, config] of [
  ['at the root', {}],
  ['below a public path', { publicUrl: 'https://corp.example/nuget/' }],
] as const)
  test(`no spelling of an address leads into a feed that the key does not open (${how})`, async (t) => {
    t.timeout(120_000);
    const hidden = await startScriptedSource({
      packages: [{ id: 'Hidden.Thing', version: '1.0.0', fillerBytes: 3000 }],
    });
    const plain = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0' }] });
    t.teardown(() => Promise.all([hidden.close(), plain.close()]));
    const larder = await startLarder(t, {
      sources: { plain, hidden },
      config: {
        feeds: [
          { name: 'default', sources: ['plain'] },
          { name: 'team', sources: ['plain'] },
          { name: 'vault', sources: ['hidden'] },
        ],
        access: {
          anonymousRead: false,
          keys: [
            { name: 'team', key: 'key-of-the-team', feeds: ['team'] },
            { name: 'vault', key: 'key-of-the-vault', feeds: ['vault'] },
          ],
        },
        ...config,
      },
    });
    const pool = new Pool(new URL(larder.url).origin, { connections: 4 });
    t.teardown(() => pool.destroy());
    const ask = async (path: string, headers: Record<string, string>, method: string) => {
      const { statusCode, headers: told, body } = await pool.request({ path, method: method, headers });
      return { status: statusCode, told: `${JSON.stringify(told)}${await body.text()}` };
    };
    // All of it is kept, and its documents are in memory: nothing has to be asked of the source any more.
    for (const path of wanted)
      for (let round = 0; round < 2; round++) t.is((await ask(`/${path}`, vault, 'GET')).status, 200, path);
    const before = hidden.requests.length;

    let reachedByItsKey = 0;
    await fc.assert(
      fc.asyncProperty(target, method, async (path, method) => {
        const { status, told } = await ask(path, team, method);
        const leaked =
          /"x-larder-source":"hidden"|Hidden\.Thing|127\.0\.0\.1:\d+\/feeds\/vault|corp\.example\/nuget\/feeds\/vault/i;
        if (status === 200 || status === 206 || status === 304 || status >= 500 || leaked.test(told))
          throw new Error(`${method} ${path}: ${status} ${told}`);
        const anonymous = await ask(path, {}, method);
        // Below /health lies nothing but the probes: what else is asked there is not there.
        const isRefused = /^\/health\//.test(path) ? anonymous.status >= 400 : [400, 401].includes(anonymous.status);
        if (!isRefused) throw new Error(`${path}: ${anonymous.status}`);
        if ((await ask(path, vault, method)).status === 200) reachedByItsKey++;
      }),
      { numRuns: 400 },
    );
    t.is(hidden.requests.length, before, 'the source was not asked for anybody else');
    t.true(reachedByItsKey > 5, `${reachedByItsKey} of the spellings lead there with the right key`);
  });
