import { randomBytes } from 'node:crypto';
import test from 'ava';
import { BadPackageError } from '../../src/codec/bad-package.js';
import { bufferSource } from '../../src/codec/byte-source.js';
import { readZipDirectory } from '../../src/codec/zip-directory.js';
import { directoryOffset, nupkg, recordingSource, text, zipped } from './zipped.js';

const read = (zip: Buffer) => readZipDirectory(bufferSource(zip));
const refused = { instanceOf: BadPackageError };

test('entries are told with their sizes, checksums and places', async (t) => {
  const { entries, offset } = await read(
    zipped({ 'a.txt': [text('hello'), { level: 0 }], 'b/c.txt': text('x'.repeat(1000)) }),
  );
  t.is(entries.length, 2);
  t.like(entries[0], { name: 'a.txt', size: 5, compressedSize: 5, method: 0, crc32: 0x3610a686, headerOffset: 0 });
  t.like(entries[1], { name: 'b/c.txt', size: 1000, method: 8 });
  t.true(offset > 0);
});

test('an archive of 2 MB is listed by two reads at its end', async (t) => {
  const source = recordingSource(zipped({ big: [randomBytes(2_000_000), { level: 0 }] }));
  await readZipDirectory(source);
  t.is(source.reads.length, 2);
  t.true(source.reads.every(({ offset, length }) => offset > 1_900_000 && length < 100));
});

test('a comment of up to 64 KiB may follow', async (t) => {
  for (const length of [1, 1000, 65535])
    t.is((await read(zipped({ a: text('a') }, 'c'.repeat(length)))).entries.length, 1);
});

test('a directory larger than what is parsed at once is read whole', async (t) => {
  const files = Object.fromEntries(Array.from({ length: 9000 }, (_, i) => [`content/some/long/folder/${i}`, text('')]));
  const { entries } = await read(zipped(files));
  t.is(entries.length, 9000);
  t.is(entries[8999]?.name, 'content/some/long/folder/8999');
});

test('names are UTF-8, said or not, else code page 437, with / for \\', async (t) => {
  const named = async (bytes: Buffer, flags: number) => {
    const zip = zipped({ [String.fromCharCode(...bytes.map((_, i) => 97 + i))]: text('x') });
    const at = directoryOffset(zip);
    bytes.copy(zip, at + 46);
    zip.writeUInt16LE(flags, at + 8);
    return (await read(zip)).entries[0]?.name;
  };
  t.is(await named(Buffer.from('größe'), 0x800), 'größe');
  t.is(await named(Buffer.from('größe'), 0), 'größe');
  t.is(await named(Buffer.from([0x67, 0x72, 0x94, 0xe1, 0x65]), 0), 'größe');
  t.is(await named(Buffer.from('lib\\a.dll'), 0), 'lib/a.dll');
});

test('a truncated archive is refused wherever it was cut', async (t) => {
  const zip = nupkg();
  for (let length = 0; length < zip.length; length++)
    await t.throwsAsync(read(zip.subarray(0, length)), refused, `cut to ${length} bytes`);
});

test('bytes behind the archive are refused', async (t) => {
  await t.throwsAsync(read(Buffer.concat([nupkg(), Buffer.from('junk')])), {
    ...refused,
    message: /does not end where/,
  });
});

test('bytes in front of the archive are refused: its offsets lie', async (t) => {
  await t.throwsAsync(read(Buffer.concat([Buffer.alloc(100), nupkg()])), {
    ...refused,
    message: /directory is not where/,
  });
});

const spoilt: [string, (zip: Buffer) => void, RegExp][] = [
  ['an encrypted entry', (zip) => zip.writeUInt16LE(1, directoryOffset(zip) + 8), /"a" is encrypted/],
  ['an entry on another disk', (zip) => zip.writeUInt16LE(1, directoryOffset(zip) + 34), /split over several files/],
  ['an end record of another disk', (zip) => zip.writeUInt16LE(1, zip.length - 18), /split over several files/],
  ['a header of something else', (zip) => zip.writeUInt8(0, directoryOffset(zip)), /directory is not where/],
  [
    'an entry in the directory',
    (zip) => zip.writeUInt32LE(directoryOffset(zip) - 5, directoryOffset(zip) + 42),
    /"a" does not lie inside/,
  ],
  [
    'an entry larger than the archive',
    (zip) => zip.writeUInt32LE(0x7fffffff, directoryOffset(zip) + 20),
    /"a" does not lie inside/,
  ],
  ['two entries with the same bytes', (zip) => zip.writeUInt32LE(0, directoryOffset(zip) + 47 + 42), /share bytes/],
  [
    'a directory behind the end record',
    (zip) => zip.writeUInt32LE(zip.length, zip.length - 6),
    /does not lie before the end record/,
  ],
  [
    'a directory with an entry less',
    (zip) => spoilCounts(zip, 3),
    /too short for its entries|does not hold the 3 entries/,
  ],
  ['a directory with an entry more', (zip) => spoilCounts(zip, 1), /does not hold the 1 entries/],
];
function spoilCounts(zip: Buffer, count: number): void {
  zip.writeUInt16LE(count, zip.length - 14);
  zip.writeUInt16LE(count, zip.length - 12);
}
for (const [what, spoil, message] of spoilt)
  test(`${what} is refused`, async (t) => {
    const zip = zipped({ a: text('first'), b: text('second') });
    t.is((await read(zip)).entries.length, 2);
    spoil(zip);
    await t.throwsAsync(read(zip), { ...refused, message });
  });

test('entries and directory bytes are bounded', async (t) => {
  const source = bufferSource(zipped({ a: text('a'), b: text('b') }));
  await t.throwsAsync(readZipDirectory(source, { maxEntries: 1 }), {
    ...refused,
    message: /2 entries, more than the 1/,
  });
  await t.throwsAsync(readZipDirectory(source, { maxDirectoryBytes: 50 }), { ...refused, message: /more than the 50/ });
});

/** The same archive with its end told by Zip64 records. */
function zip64(zip: Buffer, edit: (record: Buffer, locator: Buffer) => void = () => {}): Buffer {
  const end = Buffer.from(zip.subarray(-22));
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(8)), 24);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(10)), 32);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(16)), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(zip.length - 22), 8);
  locator.writeUInt32LE(1, 16);
  edit(record, locator);
  end.fill(0xff, 8, 20);
  return Buffer.concat([zip.subarray(0, -22), record, locator, end]);
}

test('a Zip64 end record is followed', async (t) => {
  t.is((await read(zip64(nupkg()))).entries.length, 3);
});

test('a Zip64 end record that lies is refused', async (t) => {
  const edits: ((record: Buffer, locator: Buffer) => void)[] = [
    (record) => record.writeUInt8(0, 0),
    (record) => record.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 48),
    (record) => record.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 32),
    (record) => record.writeUInt32LE(1, 16),
    (_, locator) => locator.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 8),
    (_, locator) => locator.writeUInt32LE(2, 16),
  ];
  for (const edit of edits) await t.throwsAsync(read(zip64(nupkg(), edit)), refused, String(edit));
});
