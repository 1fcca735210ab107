export interface ZipFields {
  readonly size: number;
  readonly compressedSize: number;
  readonly headerOffset: number;
  readonly disk: number;
}

const zip64Id = 0x0001;
const masked32 = 0xffffffff;
const masked16 = 0xffff;

/**
 * Fills in what does not fit a zip header's 32 bits from its Zip64 extra field (APPNOTE.TXT 4.5.3): only masked fields are there, in this
 * order. Without such a field the values stand as they are.
 *
 * @returns `undefined` when the field is too short for what is masked
 */
export function readZip64Fields(extra: Buffer, fields: ZipFields): ZipFields | undefined {
  const { size, compressedSize, headerOffset, disk } = fields;
  if (size !== masked32 && compressedSize !== masked32 && headerOffset !== masked32 && disk !== masked16) return fields;
  const field = findExtra(extra, zip64Id);
  if (field === undefined) return fields;
  let at = 0;
  const next = (value: number, mask: number, bytes: 4 | 8): number => {
    if (value !== mask) return value;
    at += bytes;
    if (at > field.length) return NaN;
    return bytes === 4 ? field.readUInt32LE(at - 4) : Number(field.readBigUInt64LE(at - 8));
  };
  const filled = {
    size: next(size, masked32, 8),
    compressedSize: next(compressedSize, masked32, 8),
    headerOffset: next(headerOffset, masked32, 8),
    disk: next(disk, masked16, 4),
  };
  return at > field.length ? undefined : filled;
}

function findExtra(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2);
    if (end > extra.length) return undefined;
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, end);
    at = end;
  }
  return undefined;
}
