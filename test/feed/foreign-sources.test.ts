import test from 'ava';
import type { ExecutionContext } from 'ava';

import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript } from '../support/scripted-source.js';

/** The feed `default` has `open`, the feed `inner` has `vault`; both keep what they pass on in one store. */
async function start(
  t: ExecutionContext,
  packages: { readonly open: readonly PackageScript[]; readonly vault: readonly PackageScript[] },
) {
  const open = await startScriptedSource({ packages: packages.open });
  const vault = await startScriptedSource({ packages: packages.vault });
  t.teardown(() => Promise.all([open.close(), vault.close()]));
  const larder = await startLarder(t, {
    sources: { open, vault },
    config: {
      feeds: [
        { name: 'default', sources: ['open'] },
        { name: 'inner', sources: ['vault'] },
      ],
    },
  });
  return { open, vault, larder };
}

const thing = { id: 'Thing', version: '1.0.0', fillerBytes: 3000 };
const paths = [
  'v3/flat/thing/index.json',
  'v3/flat/thing/1.0.0/thing.1.0.0.nupkg',
  'v3/flat/thing/1.0.0/thing.nuspec',
  'v3/registration/thing/index.json',
  'v3/registration-semver2/thing/index.json',
  'v3/registration-semver2/thing/1.0.0.json',
  'v3/details/thing/1.0.0.json',
];

test('trap 7: what is kept for one feed is not there for a feed without its source', async (t) => {
  const { vault, larder } = await start(t, { open: [], vault: [thing] });
  for (const path of paths)
    for (let round = 0; round < 2; round++) t.is((await larder.get(`feeds/inner/${path}`)).status, 200, path);
  for (const path of paths)
    for (const headers of [{}, { range: 'bytes=0-9' }])
      for (const mount of ['', 'feeds/default/']) {
        const reply = await larder.get(`${mount}${path}`, headers);
        t.is(reply.status, 404, path);
        t.notRegex(`${reply.text()}${reply.reason}${JSON.stringify(reply.headers)}`, /vault/, path);
      }

  await vault.close();
  for (const path of paths) t.is((await larder.get(path)).status, 404, `${path} while the other source is away`);
  t.is((await larder.get('feeds/inner/v3/flat/thing/1.0.0/thing.1.0.0.nupkg')).status, 200, 'and its own feed has it');
});

test('other bytes of the same version that another feed keeps are never given, and their source is not named', async (t) => {
  const { larder, vault } = await start(t, {
    open: [{ ...thing, nuspecExtras: '<tags>the-open-one</tags>' }],
    vault: [{ ...thing, nuspecExtras: '<tags>the-inner-one</tags>' }],
  });
  const nupkg = 'v3/flat/thing/1.0.0/thing.1.0.0.nupkg';
  const nuspec = 'v3/flat/thing/1.0.0/thing.nuspec';
  const inner = await larder.get(`feeds/inner/${nupkg}`);
  t.true(inner.body.equals(vault.package('Thing', '1.0.0').bytes));
  t.regex((await larder.get(`feeds/inner/${nuspec}`)).text(), /the-inner-one/);
  for (const path of [nupkg, nuspec, nupkg]) {
    const reply = await larder.get(path).catch(() => undefined);
    if (path === nuspec) t.like(reply?.json(), { code: 'version-conflict', source: 'open' });
    if (!reply) continue; // Broken off before its end: what was sent so far was the open one.
    t.is(reply.status, 502);
    t.notRegex(`${reply.text()}${reply.reason}${JSON.stringify(reply.headers)}`, /vault|the-inner-one/, path);
  }
});

test('the same bytes from two sources are each feed’s own: neither names the other’s source', async (t) => {
  const { larder } = await start(t, { open: [thing], vault: [thing] });
  for (const file of ['thing.1.0.0.nupkg', 'thing.nuspec', 'thing.1.0.0.nupkg']) {
    const path = `v3/flat/thing/1.0.0/${file}`;
    for (const [mount, source] of [
      ['feeds/inner/', 'vault'],
      ['', 'open'],
    ] as const) {
      const reply = await larder.get(`${mount}${path}`);
      t.is(reply.status, 200, `${mount}${path}`);
      t.is(reply.headers['x-larder-source'], source, `${mount}${path}`);
    }
  }
});
