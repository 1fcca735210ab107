import test from 'ava';
import fc from 'fast-check';
import { BadPackageError } from '../../src/codec/bad-package.js';
import { bufferSource } from '../../src/codec/byte-source.js';
import { readNuspec } from '../../src/codec/package-nuspec.js';
import { verifyEntries } from '../../src/codec/zip-check.js';
import { directoryOffset, nupkg, text } from './zipped.js';

const sound = nupkg({
  'large.txt': text('0123456789abcdef'.repeat(10_000)),
  '.signature.p7s': [text('s'), { level: 0 }],
});
/** Half of the places among headers, where damage tells. */
const place = fc.oneof(fc.nat(sound.length - 1), fc.integer({ min: directoryOffset(sound), max: sound.length - 1 }));
const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0xff), fc.nat(255));

/** Reads and checks it: fine or refused, never another error, never a read outside the file. */
async function refusesOrReads(bytes: Buffer): Promise<'read' | 'refused'> {
  const source = bufferSource(bytes);
  try {
    const { directory } = await readNuspec(source);
    await verifyEntries(source, directory);
    return 'read';
  } catch (error) {
    if (error instanceof BadPackageError) return 'refused';
    throw error;
  }
}

test('a package with changed bytes is read or refused', async (t) => {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(place, byte), { minLength: 1, maxLength: 6 }), async (edits) => {
      const damaged = Buffer.from(sound);
      for (const [at, value] of edits) damaged.writeUInt8(value, at);
      if ((await refusesOrReads(damaged)) === 'refused') refused++;
    }),
    { numRuns: 2000 },
  );
  t.true(refused > 500);
});

test('a package with bytes taken out or put in is read or refused', async (t) => {
  await fc.assert(
    fc.asyncProperty(place, fc.nat(300), fc.uint8Array({ maxLength: 300 }), async (at, drop, insert) => {
      await refusesOrReads(Buffer.concat([sound.subarray(0, at), insert, sound.subarray(at + drop)]));
    }),
    { numRuns: 1000 },
  );
  t.is(await refusesOrReads(sound), 'read');
});

test('noise behind zip signatures is refused', async (t) => {
  const signature = fc.constantFrom(
    'PK\u0001\u0002',
    'PK\u0003\u0004',
    'PK\u0005\u0006',
    'PK\u0006\u0006',
    'PK\u0006\u0007',
  );
  const piece = fc.oneof(
    signature.map((s) => Buffer.from(s, 'latin1')),
    fc.uint8Array({ maxLength: 60 }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
      t.is(await refusesOrReads(Buffer.concat(pieces)), 'refused');
    }),
    { numRuns: 2000 },
  );
});
