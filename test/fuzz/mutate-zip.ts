import type { Mutation } from './mutate.js';

/** A record of a zip archive: its signature, and its fields as offset and width in bytes (APPNOTE.TXT 4.3). */
interface ZipRecord {
  readonly signature: string;
  readonly fields: readonly (readonly [offset: number, width: 2 | 4 | 8])[];
}

const records: readonly [ZipRecord, ...ZipRecord[]] = [
  // Local header.
  { signature: 'PK\u0003\u0004', fields: [[4, 2], [6, 2], [8, 2], [14, 4], [18, 4], [22, 4], [26, 2], [28, 2]] },
  // Header in the central directory.
  {
    signature: 'PK\u0001\u0002',
    fields: [[4, 2], [6, 2], [8, 2], [10, 2], [16, 4], [20, 4], [24, 4], [28, 2], [30, 2], [32, 2], [34, 2], [38, 4], [42, 4]],
  },
  // End of the central directory.
  { signature: 'PK\u0005\u0006', fields: [[4, 2], [6, 2], [8, 2], [10, 2], [12, 4], [16, 4], [20, 2]] },
  // Zip64: end record and its locator.
  { signature: 'PK\u0006\u0006', fields: [[4, 8], [16, 4], [20, 4], [24, 8], [32, 8], [40, 8], [48, 8]] },
  { signature: 'PK\u0006\u0007', fields: [[4, 4], [8, 8], [16, 4]] },
  // Data descriptor.
  { signature: 'PK\u0007\u0008', fields: [[4, 4], [8, 4], [12, 4]] },
]; // prettier-ignore

const edges = [
  0n,
  1n,
  8n,
  0x7fffn,
  0xffffn,
  0x7fffffffn,
  0xffffffffn,
  0x1fffffffffffffn,
  0x20000000000000n,
  0xffffffffffffffffn,
];

/** Sets one field of one record of the archive: to an edge, to a neighbour of what it was, to a place in the file, to what another field says. */
export const mutateZip: Mutation = (input, { random }) => {
  const text = input.toString('latin1');
  const present = records.filter(({ signature }) => text.includes(signature));
  const record = random.pick(present);
  const field = random.pick(record?.fields ?? []);
  if (record === undefined || field === undefined) return input;
  const places: number[] = [];
  for (let at = text.indexOf(record.signature); at >= 0; at = text.indexOf(record.signature, at + 1)) places.push(at);
  const place = random.pick(places) ?? 0;
  if (random.chance(0.05)) return Buffer.concat([input.subarray(0, place), input.subarray(place + 4)]);
  const [offset, width] = field;
  const at = place + offset;
  if (at + width > input.length) return input;
  const copy = Buffer.from(input);
  const now = readField(copy, at, width);
  const other = random.pick(record.fields) ?? field;
  const elsewhere = random.pick(places) ?? place;
  const value = random.pick([
    random.pick(edges) ?? 0n,
    now + 1n,
    now - 1n,
    now ^ (1n << BigInt(random.below(width * 8))),
    BigInt(random.below(input.length)),
    BigInt(input.length),
    BigInt(place),
    elsewhere + other[0] + other[1] <= copy.length ? readField(copy, elsewhere + other[0], other[1]) : 0n,
  ]);
  writeField(copy, at, width, value);
  return copy;
};

function readField(bytes: Buffer, at: number, width: 2 | 4 | 8): bigint {
  return width === 8 ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUIntLE(at, width));
}

function writeField(bytes: Buffer, at: number, width: 2 | 4 | 8, value: bigint): void {
  const fitting = BigInt.asUintN(width * 8, value);
  if (width === 8) bytes.writeBigUInt64LE(fitting, at);
  else bytes.writeUIntLE(Number(fitting), at, width);
}
