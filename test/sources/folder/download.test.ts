import test from 'ava';
import { truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import { makeNupkg, sha512Of } from '../../support/nupkg.js';
import { drain, told, valueOf } from '../open-source.js';
import { laterMs, openFolder } from './open-folder.js';

const one = PackageIdentity.parse('Alpha', '1.0.0');
const recipe = { id: 'Alpha', version: '1.0.0' };
const large = { ...recipe, fillerBytes: 3_000_000 };

test('a package streams from its file, size and date known before', async (t) => {
  const bytes = makeNupkg(large);
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': bytes });
  const opened = valueOf(await local.source.download(one, {}));
  t.is(opened.size, bytes.length);
  t.regex(opened.lastModified ?? '', /^\w{3}, \d\d \w{3} 20\d\d .* GMT$/);
  const read = await drain(opened);
  t.is(read.brokeOff, undefined);
  t.true(read.bytes.equals(bytes));
});

test('only the folder says that a package is not there', async (t) => {
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': recipe });
  t.is(told(await local.source.download(PackageIdentity.parse('Alpha', '2.0.0'), {})), 'missing');
  t.is(told(await local.source.download(PackageIdentity.parse('Beta', '1.0.0'), {})), 'missing');
  t.is(told(await local.source.publishedHash(PackageIdentity.parse('Beta', '1.0.0'), {})), 'missing');
});

test('a package that was replaced or removed a moment ago is had as it is now', async (t) => {
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': recipe });
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  const replaced = makeNupkg({ ...recipe, files: { 'readme.md': 'new' } });
  await local.put('Alpha.1.0.0.nupkg', replaced);
  t.true((await drain(valueOf(await local.source.download(one, {})))).bytes.equals(replaced));
  await local.remove('Alpha.1.0.0.nupkg');
  t.is(told(await local.source.download(one, {})), 'missing');
});

test('a file that changes while it is read breaks off, never ends as if it were whole', async (t) => {
  const bytes = makeNupkg(large);
  for (const change of ['shorter', 'rewritten'] as const) {
    const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': bytes });
    const opened = valueOf(await local.source.download(one, {}));
    const pieces = opened.bytes[Symbol.asyncIterator]();
    t.false((await pieces.next()).done);
    if (change === 'shorter') await truncate(join(local.folder, 'Alpha.1.0.0.nupkg'), 300_000);
    else await local.put('Alpha.1.0.0.nupkg', makeNupkg({ ...large, files: { a: 'b' } }));
    const rest = await drain({
      bytes: Object.assign({ [Symbol.asyncIterator]: () => pieces }, { destroy: () => undefined }),
    });
    t.regex(
      rest.brokeOff ?? 'ended cleanly',
      /^source-failed: Alpha\.1\.0\.0\.nupkg (is being changed|became shorter)/,
      change,
    );
    t.is(rest.reason?.source, 'local');
  }
});

test('a package that is let go of in the middle ends there', async (t) => {
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': large });
  const opened = valueOf(await local.source.download(one, {}));
  const pieces = opened.bytes[Symbol.asyncIterator]();
  await pieces.next();
  opened.bytes.destroy(new Error('enough'));
  await t.throwsAsync(pieces.next(), { message: 'enough' });
});

test('the hash beside a package is what the source publishes, in both forms; without one it publishes none', async (t) => {
  const bytes = makeNupkg(recipe);
  const sha512 = sha512Of(bytes);
  const local = await openFolder(t, { 'alpha/1.0.0/alpha.1.0.0.nupkg': bytes });
  const hash = async () => {
    local.clock.advance(laterMs);
    return local.source.publishedHash(one, {});
  };
  t.is(told(await hash()), 'missing');
  const hex = Buffer.from(sha512, 'base64').toString('hex');
  for (const text of [sha512, `\ufeff${sha512}\r\n`, `${hex.toUpperCase()}  alpha.1.0.0.nupkg\n`]) {
    await local.put('alpha/1.0.0/Alpha.1.0.0.nupkg.sha512', text);
    t.deepEqual(valueOf(await hash()), { sha512 });
  }
});

test('a hash file that holds no hash is an answer that cannot be used, not the lack of one', async (t) => {
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': recipe });
  for (const text of ['', 'sha512', 'A'.repeat(5_000)]) {
    await local.put('Alpha.1.0.0.nupkg.sha512', text);
    local.clock.advance(laterMs);
    t.is(
      told(await local.source.publishedHash(one, {})),
      'refused source-refused: Alpha.1.0.0.nupkg.sha512 cannot be used: it holds no SHA-512',
    );
  }
});
