import test from 'ava';
import type { ExecutionContext } from 'ava';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ManualClock, startLarder } from '../support/larder.js';
import { makeNupkg, sha512Of } from '../support/nupkg.js';
import type { NupkgRecipe } from '../support/nupkg.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

/** How long a folder's word is believed, with some to spare. */
const momentMs = 2_000;

async function start(t: ExecutionContext, files: Readonly<Record<string, NupkgRecipe | Buffer | string>>) {
  const folder = join(await temporaryDirectory(t), 'packages');
  await mkdir(folder);
  const put = async (path: string, content: NupkgRecipe | Buffer | string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const isRecipe = typeof content === 'object' && !Buffer.isBuffer(content);
    await writeFile(join(folder, path), isRecipe ? makeNupkg(content) : content);
  };
  for (const [path, content] of Object.entries(files)) await put(path, content);
  const far = await startScriptedSource({
    packages: [
      { id: 'Alpha', version: '1.0.0', nuspecExtras: '<title>far</title>' },
      { id: 'Alpha', version: '2.0.0' },
      { id: 'Beta', version: '1.0.0' },
    ],
  });
  t.teardown(() => far.close());
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { local: folder, far }, clock });
  const versions = async (id: string) =>
    (await larder.get(`v3/flat/${id}/index.json`)).json<{ versions: string[] }>().versions;
  return { folder, put, far, clock, larder, versions };
}

const a = (version: string) => ({ id: 'Alpha', version, nuspecExtras: '<title>local</title>' });

test('a folder and a server are one feed: merged lists, the first in order owns a version', async (t) => {
  const bytes = makeNupkg(a('1.0.0'));
  const { larder, far, versions } = await start(t, { 'Alpha.1.0.0.nupkg': bytes, 'alpha/1.5.0/x.nupkg': a('1.5.0') });
  t.deepEqual(await versions('alpha'), ['1.0.0', '1.5.0', '2.0.0']);
  t.deepEqual(await versions('beta'), ['1.0.0']);

  const registration = await larder.get('v3/registration-semver2/alpha/index.json');
  t.is(registration.headers['x-larder-source'], 'local,far');
  const [page] = registration.json<{ items: { items: { catalogEntry: { title?: string; version: string } }[] }[] }>()
    .items;
  t.deepEqual(
    page?.items.map(({ catalogEntry: { version, title } }) => [version, title]),
    [
      ['1.0.0', 'local'],
      ['1.5.0', 'local'],
      ['2.0.0', undefined],
    ],
  );
  const reply = await larder.get('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg');
  t.is(reply.headers['x-larder-source'], 'local');
  t.true(reply.body.equals(bytes));
  t.is(far.count('.nupkg'), 0);
  t.is((await larder.get('v3/flat/alpha/2.0.0/alpha.2.0.0.nupkg')).headers['x-larder-source'], 'far');
});

test('a package that is put into the folder shows within two seconds, in lists that were remembered too', async (t) => {
  const { larder, put, clock, versions } = await start(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  const list = 'v3/flat/alpha/index.json';
  const leaf = 'v3/registration-semver2/alpha/1.6.0.json';
  t.is((await larder.get(list)).headers['x-cache'], 'MISS');
  t.is((await larder.get(list)).headers['x-cache'], 'HIT');
  t.is((await larder.get(leaf)).status, 404);
  t.is((await larder.get('v3/flat/new/index.json')).status, 404);

  await put('Alpha.1.6.0.nupkg', a('1.6.0'));
  await put('New.1.0.0.nupkg', { id: 'New', version: '1.0.0' });
  clock.advance(momentMs);
  t.deepEqual(await versions('alpha'), ['1.0.0', '1.6.0', '2.0.0']);
  t.deepEqual(await versions('new'), ['1.0.0']);
  t.is((await larder.get(leaf)).status, 200);
  t.is((await larder.get('v3/flat/new/1.0.0/new.1.0.0.nupkg')).status, 200);
});

test('a folder that says the same again costs no rewrite and no download', async (t) => {
  const { larder, far, clock } = await start(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  await larder.get('v3/flat/alpha/index.json');
  const asked = far.count('/alpha/');
  clock.advance(momentMs);
  const again = await larder.get('v3/flat/alpha/index.json');
  t.is(again.headers['x-cache'], 'REVALIDATED');
  t.is(far.count('/alpha/'), asked, 'the server keeps the lifetime that is configured');
  t.like(again.headers, { 'cache-control': 'public, max-age=3', age: '2' }, 'one more second');
});

test('a removed package leaves the list', async (t) => {
  const { folder, clock, versions } = await start(t, {
    'Alpha.1.0.0.nupkg': a('1.0.0'),
    'Alpha.1.5.0.nupkg': a('1.5.0'),
  });
  t.deepEqual(await versions('alpha'), ['1.0.0', '1.5.0', '2.0.0']);
  await rm(join(folder, 'Alpha.1.5.0.nupkg'));
  clock.advance(momentMs);
  t.deepEqual(await versions('alpha'), ['1.0.0', '2.0.0']);
});

test('while the folder is away what is kept is served, and what is not is a failure with its path', async (t) => {
  const { folder, larder, clock } = await start(t, {
    'Alpha.1.0.0.nupkg': a('1.0.0'),
    'Alpha.1.5.0.nupkg': a('1.5.0'),
  });
  const kept = [
    'v3/flat/alpha/index.json',
    'v3/registration/alpha/index.json',
    'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg',
  ];
  const before = await Promise.all(kept.map((path) => larder.get(path)));
  await rename(folder, `${folder}-away`);
  clock.advance(3_600_000);
  for (const [i, path] of kept.entries()) {
    const reply = await larder.get(path);
    t.is(reply.status, 200, path);
    t.true(reply.body.equals(before[i]?.body ?? Buffer.alloc(0)), path);
  }
  t.regex(String((await larder.get('v3/flat/alpha/index.json')).headers['x-nuget-warning']), /local: .*is not there/);
  for (const path of [
    'v3/flat/alpha/1.5.0/alpha.1.5.0.nupkg',
    'v3/flat/beta/index.json',
    'v3/flat/unknown/index.json',
  ]) {
    const reply = await larder.get(path);
    t.is(reply.status, 503, path);
    t.like(reply.json(), { code: 'source-unreachable', source: 'local' });
    t.regex(reply.json<{ detail: string }>().detail, /packages is not there \(ENOENT\): mount or create it/);
  }
  await rename(`${folder}-away`, folder);
  clock.advance(6_000);
  t.is((await larder.get('v3/flat/beta/index.json')).status, 200);
});

test('a package must be the one that the hash beside it tells', async (t) => {
  const bytes = makeNupkg({ id: 'Corp', version: '1.0.0' });
  const { larder, put, clock } = await start(t, {
    'corp/1.0.0/corp.1.0.0.nupkg': bytes,
    'corp/1.0.0/corp.1.0.0.nupkg.sha512': sha512Of(Buffer.from('another')),
  });
  const path = 'v3/flat/corp/1.0.0/corp.1.0.0.nupkg';
  const refused = await larder.get(path);
  t.is(refused.status, 502);
  t.like(refused.json(), { code: 'package-rejected', source: 'local' });
  await put('corp/1.0.0/corp.1.0.0.nupkg.sha512', 'half a ha');
  clock.advance(momentMs);
  t.like((await larder.get(path)).json(), { code: 'evidence-unavailable', source: 'local' });
  await put('corp/1.0.0/corp.1.0.0.nupkg.sha512', sha512Of(bytes));
  clock.advance(momentMs);
  t.true((await larder.get(path)).body.equals(bytes));
});

test('a damaged package without a hash is refused by its checksums', async (t) => {
  const bytes = makeNupkg({ id: 'Corp', version: '1.0.0', fillerBytes: 100_000 });
  const damaged = Buffer.from(bytes);
  const at = damaged.length - 50_000;
  damaged[at] = (damaged[at] ?? 0) ^ 1;
  const { larder } = await start(t, { 'Corp.1.0.0.nupkg': damaged });
  const reply = await larder.get('v3/flat/corp/1.0.0/corp.1.0.0.nupkg');
  t.is(reply.status, 502);
  t.like(reply.json(), { code: 'package-rejected' });
});

test('nothing in an address reaches the file system', async (t) => {
  const { larder, folder } = await start(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  await writeFile(join(folder, '..', 'secret.1.0.0.nupkg'), makeNupkg({ id: 'secret', version: '1.0.0' }));
  for (const path of [
    'v3/flat/secret/index.json',
    'v3/flat/secret/1.0.0/secret.1.0.0.nupkg',
    'v3/flat/..%2Fsecret/1.0.0/secret.1.0.0.nupkg',
    'v3/flat/..%5c..%5csecret/index.json',
    'v3/flat/alpha/..%2F..%2F1.0.0/alpha.1.0.0.nupkg',
  ])
    t.true([400, 404].includes((await larder.get(path)).status), path);
});
