import { randomBytes } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { BadPackageError } from '../../src/codec/bad-package.js';
import { bufferSource } from '../../src/codec/byte-source.js';
import type { ByteSource } from '../../src/codec/byte-source.js';
import { verifyEntries } from '../../src/codec/zip-check.js';
import { readZipDirectory } from '../../src/codec/zip-directory.js';
import type { ZipDirectory } from '../../src/codec/zip-directory.js';
import { readEntry, streamEntry } from '../../src/codec/zip-entry.js';
import { directoryOffset, nupkg, recordingSource, text, zipped } from './zipped.js';

const verify = async (source: ByteSource, signal?: AbortSignal) =>
  verifyEntries(source, await readZipDirectory(source), signal);
const refused = { instanceOf: BadPackageError };
const noise = (bytes: number) => Buffer.from(randomBytes(bytes).toString('hex').slice(0, bytes));
const entryNamed = (directory: ZipDirectory, name: string) => {
  const entry = directory.entries.find((candidate) => candidate.name === name);
  if (!entry) throw new Error(`no ${name}`);
  return entry;
};

test('a sound package passes: stored, deflated, empty, small and large entries', async (t) => {
  const large = noise(1_500_000);
  const zip = nupkg({ 'large.txt': large, 'stored.bin': [randomBytes(700_000), { level: 0 }], empty: text('') });
  await t.notThrowsAsync(verify(bufferSource(zip)));
  const source = bufferSource(zip);
  const directory = await readZipDirectory(source);
  t.true((await readEntry(source, directory, entryNamed(directory, 'large.txt'), 2_000_000)).equals(large));
});

test('a large package is read in pieces of at most 256 KiB, and small entries together', async (t) => {
  const small = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`c/${i}`, text(`${i}`)]));
  const source = recordingSource(zipped({ ...small, big: [randomBytes(2_000_000), { level: 0 }] }));
  const directory = await readZipDirectory(source);
  source.reads.length = 0;
  await verifyEntries(source, directory);
  t.true(source.reads.every(({ length }) => length <= 256 * 1024));
  t.true(source.reads.length < 15, `${source.reads.length} reads`);
});

test('a bit flipped in the bytes of an entry shows, with its name', async (t) => {
  const zip = zipped({ 'd.txt': noise(3000), 's.bin': [randomBytes(500), { level: 0 }], 'big.txt': noise(200_000) });
  const directory = await readZipDirectory(bufferSource(zip));
  const ranges = directory.entries.map((entry) => ({ entry, start: entry.headerOffset + 30 + entry.name.length }));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...ranges), fc.nat(), fc.nat(7), async ({ entry, start }, place, bit) => {
      // The last byte of a deflate stream has bits that mean nothing.
      const length = entry.method === 8 ? entry.compressedSize - 1 : entry.compressedSize;
      const damaged = Buffer.from(zip);
      const at = start + (place % length);
      damaged.writeUInt8(damaged.readUInt8(at) ^ (1 << bit), at);
      const error = await t.throwsAsync(verify(bufferSource(damaged)), refused);
      t.true(error?.message.includes(`"${entry.name}"`), error?.message);
    }),
    { numRuns: 300 },
  );
});

test('a wrong CRC-32 in the directory is refused', async (t) => {
  for (const size of [100, 200_000]) {
    const zip = zipped({ 'a.txt': noise(size) });
    zip.writeUInt32LE(1, directoryOffset(zip) + 16);
    await t.throwsAsync(verify(bufferSource(zip)), { ...refused, message: /"a\.txt" does not match its CRC-32/ });
  }
});

test('an entry that inflates to more than it announces is left at once', async (t) => {
  for (const announced of [1000, 100_000]) {
    const zip = zipped({ bomb: Buffer.alloc(20_000_000) });
    zip.writeUInt32LE(announced, directoryOffset(zip) + 24);
    const source = bufferSource(zip);
    const directory = await readZipDirectory(source);
    let seen = 0;
    await t.throwsAsync(
      async () => {
        for await (const piece of streamEntry(source, directory, entryNamed(directory, 'bomb'))) seen += piece.length;
      },
      { ...refused, message: /"bomb" is larger than its announced size/ },
    );
    t.is(seen, 0);
  }
});

test('an entry that inflates to less than it announces, and one that announces the impossible, are refused', async (t) => {
  const zip = zipped({ 'a.txt': noise(200_000) });
  zip.writeUInt32LE(200_001, directoryOffset(zip) + 24);
  await t.throwsAsync(verify(bufferSource(zip)), {
    ...refused,
    message: /200000 bytes instead of the announced 200001/,
  });
  zip.writeUInt32LE(0xfffffff0, directoryOffset(zip) + 24);
  await t.throwsAsync(verify(bufferSource(zip)), {
    ...refused,
    message: /announces a size that its bytes cannot have/,
  });
});

test('bytes behind the end of a deflate stream are refused', async (t) => {
  for (const size of [100, 200_000]) {
    const zip = zipped({ 'a.txt': noise(size), 'b.txt': text('') });
    // The first entry takes in the second's local header.
    const at = directoryOffset(zip);
    const second = at + 46 + 5;
    const grown = Buffer.concat([zip.subarray(0, second), zip.subarray(-22)]);
    grown.writeUInt16LE(1, grown.length - 14);
    grown.writeUInt16LE(1, grown.length - 12);
    grown.writeUInt32LE(second - at, grown.length - 10);
    t.notThrows(() => grown.writeUInt32LE(zip.readUInt32LE(at + 20) + 35, at + 20));
    await t.throwsAsync(verify(bufferSource(grown)), { ...refused, message: /"a\.txt"/ });
  }
});

test('a local header that is not there, or tells another method, is refused', async (t) => {
  const zip = zipped({ 'a.txt': noise(100) });
  const gone = Buffer.from(zip);
  gone.writeUInt8(0, 0);
  await t.throwsAsync(verify(bufferSource(gone)), { ...refused, message: /"a\.txt" is not where/ });
  const other = Buffer.from(zip);
  other.writeUInt16LE(0, 8);
  await t.throwsAsync(verify(bufferSource(other)), { ...refused, message: /compressed otherwise/ });
});

test('a method that cannot be read is named', async (t) => {
  const zip = zipped({ 'a.txt': noise(100) });
  zip.writeUInt16LE(9, directoryOffset(zip) + 10);
  await t.throwsAsync(verify(bufferSource(zip)), { ...refused, message: /method 9/ });
});

test('an entry is read only within the bound', async (t) => {
  const source = bufferSource(zipped({ 'a.txt': noise(100) }));
  const directory = await readZipDirectory(source);
  const entry = entryNamed(directory, 'a.txt');
  t.is((await readEntry(source, directory, entry, 100)).length, 100);
  await t.throwsAsync(readEntry(source, directory, entry, 99), { ...refused, message: /more than the 99/ });
});

test('an aborted check ends with the reason', async (t) => {
  const source = bufferSource(nupkg());
  const reason = new Error('the caller left');
  t.is(await t.throwsAsync(verify(source, AbortSignal.abort(reason))), reason);
});

test('what the source throws comes through as it is', async (t) => {
  const sound = bufferSource(zipped({ 'a.txt': noise(2_000_000) }));
  const directory = await readZipDirectory(sound);
  const broken = new Error('the disk is gone');
  const source: ByteSource = {
    size: sound.size,
    read: async (offset, length) => {
      if (offset > 500_000) throw broken;
      return sound.read(offset, length);
    },
  };
  t.is(await t.throwsAsync(verifyEntries(source, directory)), broken);
});
