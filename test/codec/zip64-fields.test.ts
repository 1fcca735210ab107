import test from 'ava';
import { readZip64Fields } from '../../src/codec/zip64-fields.js';

const masked = 0xffffffff;
const extra = (...values: bigint[]) => {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(1, 0);
  field.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, i) => field.writeBigUInt64LE(value, 4 + 8 * i));
  return Buffer.concat([Buffer.from([0x55, 0x54, 1, 0, 9]), field]);
};

test('only masked fields are taken from the Zip64 field, in their order', (t) => {
  const plain = { size: 1, compressedSize: 2, headerOffset: 3, disk: 0 };
  t.deepEqual(readZip64Fields(extra(7n), plain), plain);
  t.deepEqual(readZip64Fields(extra(5_000_000_000n), { ...plain, headerOffset: masked }), {
    ...plain,
    headerOffset: 5e9,
  });
  t.deepEqual(readZip64Fields(extra(10n, 20n), { ...plain, size: masked, compressedSize: masked }), {
    ...plain,
    size: 10,
    compressedSize: 20,
  });
});

test('without a Zip64 field the values stand', (t) => {
  const fields = { size: masked, compressedSize: 2, headerOffset: 3, disk: 0 };
  t.deepEqual(readZip64Fields(Buffer.alloc(0), fields), fields);
  t.deepEqual(readZip64Fields(Buffer.from([1, 0, 200, 0, 1]), fields), fields);
});

test('a Zip64 field that is too short is no field', (t) => {
  t.is(readZip64Fields(extra(1n), { size: masked, compressedSize: masked, headerOffset: 3, disk: 0 }), undefined);
});
