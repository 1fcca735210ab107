import { randomBytes } from 'node:crypto';
import test from 'ava';
import { BadPackageError } from '../../src/codec/bad-package.js';
import { bufferSource } from '../../src/codec/byte-source.js';
import { readNuspec } from '../../src/codec/package-nuspec.js';
import { nupkg, nuspecText, recordingSource, text, zipped } from './zipped.js';

const nuspec = text(nuspecText('<id>A</id><version>1.0</version>'));
const read = (zip: Buffer) => readNuspec(bufferSource(zip));

test('the nuspec is found, kept as it stands, and read', async (t) => {
  const found = await read(nupkg());
  t.is(found.entryName, 'Some.Package.nuspec');
  t.is(found.nuspec.identity.key, 'some.package/1.2.3');
  t.is(found.bytes.toString(), nuspecText('<id>Some.Package</id><version>1.2.3</version>'));
  t.is(found.directory.entries.length, 3);
});

test('a large package costs a few small reads', async (t) => {
  const source = recordingSource(zipped({ big: [randomBytes(3_000_000), { level: 0 }], 'a.nuspec': nuspec }));
  await readNuspec(source);
  t.true(source.reads.length <= 4);
  t.true(source.reads.reduce((sum, { length }) => sum + length, 0) < 2000);
});

test('any case will do, and nuspecs in folders do not count', async (t) => {
  const { entryName } = await read(
    zipped({ 'A.NuSpec': nuspec, 'content/b.nuspec': nuspec, 'lib/c.nuspec': text('') }),
  );
  t.is(entryName, 'A.NuSpec');
});

test('no nuspec, several, and one that is too large are refused', async (t) => {
  const refused = (zip: Buffer, message: RegExp) => t.throwsAsync(read(zip), { instanceOf: BadPackageError, message });
  await refused(zipped({ 'content/b.nuspec': nuspec, '.nuspec': nuspec }), /no \.nuspec at its root/);
  await refused(zipped({ 'a.nuspec': nuspec, 'B.nuspec': nuspec }), /2 nuspecs at its root/);
  await refused(zipped({ 'a.nuspec': Buffer.alloc(1024 * 1024 + 1, 0x20) }), /more than the 1048576/);
});

test('what is no archive is refused', async (t) => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('<html>not here</html>'.repeat(10)), randomBytes(100_000)])
    await t.throwsAsync(read(bytes), { instanceOf: BadPackageError });
});
