import test from 'ava';
import type { ExecutionContext } from 'ava';

import { configSchema } from '../../src/config/schema.js';
import { serve } from '../../src/compose.js';
import { silentLog } from '../../src/ops/log.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { getter } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript, ScriptedSource } from '../support/scripted-source.js';
import { complete, search, shown } from '../support/search.js';

interface Mapped {
  readonly packages: readonly PackageScript[];
  readonly patterns: readonly string[];
}

async function start(t: ExecutionContext, mapped: Readonly<Record<string, Mapped>>) {
  const sources: Record<string, ScriptedSource> = {};
  for (const [name, { packages }] of Object.entries(mapped)) {
    const source = await startScriptedSource({ packages });
    t.teardown(() => source.close());
    sources[name] = source;
  }
  const config = configSchema.parse({
    listen: { port: 0 },
    sources: Object.entries(mapped).map(([name, { patterns }]) => ({
      name,
      url: sources[name]?.url,
      packages: patterns,
    })),
  });
  const serving = await serve(config, '0.0.0-test', { log: silentLog, store: new MemoryStore() });
  t.teardown(() => serving.shutdown());
  return { larder: { get: getter(t, serving.url) }, sources };
}

/** What a source was asked, as text. */
const asked = (source: ScriptedSource | undefined) =>
  (source?.requests ?? [])
    .map(({ path }) => decodeURIComponent(path))
    .filter((path) => /^\/(query|autocomplete)/.test(path));

const shop = {
  inner: {
    packages: [
      { id: 'Contoso.Web', version: '1.0.0' },
      { id: 'Contoso.Secret.Plan', version: '1.0.0' },
      { id: 'Other.Lib', version: '1.0.0' },
    ],
    patterns: ['Contoso.*', 'Internal-Tool'],
  },
  outer: {
    packages: [
      { id: 'Web.Public', version: '1.0.0' },
      { id: 'Contoso.Web', version: '99.0.0' },
      { id: 'Contoso.Evil', version: '1.0.0' },
    ],
    patterns: ['*'],
  },
} as const satisfies Record<string, Mapped>;

test('what a source says on an id that the mapping gives to others is dropped, in search and completion', async (t) => {
  const { larder } = await start(t, shop);
  t.deepEqual(shown(await search(larder, 'q=web')), ['Contoso.Web 1.0.0', 'Web.Public 1.0.0']);
  const everything = await search(larder, 'q=');
  t.deepEqual(shown(everything).toSorted(), ['Contoso.Secret.Plan 1.0.0', 'Contoso.Web 1.0.0', 'Web.Public 1.0.0']);
  t.is(everything.totalHits, 3);
  t.deepEqual((await complete(larder, 'q=e')).data, []);
  t.deepEqual((await complete(larder, 'q=web')).data.toSorted(), ['Contoso.Web', 'Web.Public']);
});

for (const [kind, ask] of [
  ['search', search],
  ['completion', complete],
] as const)
  test(`a text that names a private id is never sent to a source that may not serve it (${kind})`, async (t) => {
    const { larder, sources } = await start(t, shop);
    const secrets = [
      'Contoso.Web',
      'contoso.secret',
      'CONTOSO',
      'contoso.',
      'cont',
      'packageid:Contoso.Web',
      'id:contoso',
      'tags:contoso json',
      '"contoso.web"',
      '(Contoso.Web)',
      'json,contoso.web',
      'contoso web',
      'contoso-web',
      'contoso_secret',
      'how to use contoso.secret.plan in a project',
      'internal-tool',
      'Internal.Tool',
      'internal tool',
      'packageid:"internal-tool"',
      'internal-tool 1.0',
      'https://example.org/packages/Contoso.Web/1.0.0',
    ];
    for (const secret of secrets) await ask(larder, `q=${encodeURIComponent(secret)}`);
    t.deepEqual(asked(sources['outer']), []);
    t.true(asked(sources['inner']).length >= secrets.length - 5, 'its own source is asked');
    for (const open of ['json', 'con', 'web', 'microsoft contosoft', 'int', 'secret', 'tool'])
      await ask(larder, `q=${encodeURIComponent(open)}`);
    t.is(asked(sources['outer']).length, 7, 'everything else goes to all');
  });

test('versions of a private id are asked of its own source alone', async (t) => {
  const { larder, sources } = await start(t, shop);
  t.deepEqual((await complete(larder, 'id=contoso.web')).data, ['1.0.0']);
  t.is(sources['outer']?.requests.length, 0);
});

test('a source with a few public ids only is not read to the end of the world for them', async (t) => {
  const { larder, sources } = await start(t, {
    few: {
      packages: [
        ...Array.from({ length: 900 }, (_, place) => ({ id: `Json.N${place}`, version: '1.0.0' })),
        { id: 'Newtonsoft.Json', version: '1.0.0' },
      ],
      patterns: ['Newtonsoft.*'],
    },
    inner: { packages: [{ id: 'Json.Inner', version: '1.0.0' }], patterns: ['*'] },
  });
  const found = await search(larder, 'q=json');
  t.deepEqual(shown(found).toSorted(), ['Json.Inner 1.0.0', 'Newtonsoft.Json 1.0.0']);
  t.is(found.totalHits, 2);
  t.true(asked(sources['few']).length <= 10, String(asked(sources['few']).length));
});
