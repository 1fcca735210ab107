import { Zip, ZipDeflate, zipSync } from 'fflate';
import { nuspecSeeds } from './nuspec-seeds.js';

const [nuspec = Buffer.alloc(0)] = nuspecSeeds;
const mtime = new Date(2020, 0, 1);
const files = {
  '_rels/.rels': Buffer.from('<Relationships/>'),
  'Some.Package.nuspec': nuspec,
  'images/icon.png': Buffer.alloc(500, 'png'),
  'lib/net8.0/Some.Package.dll': Buffer.alloc(3000, 'MZ'),
};

const deflated = Buffer.from(zipSync(files, { mtime }));
const stored = Buffer.from(
  zipSync({ ...files, '.signature.p7s': [Buffer.alloc(200, 1), { level: 0 }] }, { mtime, level: 0 }),
);
/** Its large entry is read in pieces. */
const large = Buffer.from(zipSync({ ...files, 'big.bin': Buffer.alloc(200_000, 'x') }, { mtime }));
const many = Buffer.from(
  zipSync(
    {
      ...files,
      ...Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`content/${i}.txt`, Buffer.from(String(i))])),
    },
    { mtime },
  ),
);

/** Sizes and checksums stand behind each entry. */
function withDescriptors(): Buffer {
  const pieces: Uint8Array[] = [];
  const zip = new Zip((error, piece) => {
    if (error) throw error;
    pieces.push(piece);
  });
  for (const [name, content] of Object.entries(files)) {
    const entry = new ZipDeflate(name);
    entry.mtime = mtime;
    zip.add(entry);
    entry.push(content, true);
  }
  zip.end();
  return Buffer.concat(pieces);
}

/** The same archive with a Zip64 end record and masked fields in the plain one. */
function asZip64(zip: Buffer): Buffer {
  const endOffset = zip.length - 22;
  const end = zip.subarray(endOffset);
  const record = Buffer.alloc(56);
  record.write('PK\u0006\u0006', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(8)), 24);
  record.writeBigUInt64LE(BigInt(end.readUInt16LE(10)), 32);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(12)), 40);
  record.writeBigUInt64LE(BigInt(end.readUInt32LE(16)), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\u0006\u0007', 'latin1');
  locator.writeBigUInt64LE(BigInt(endOffset), 8);
  locator.writeUInt32LE(1, 16);
  const masked = Buffer.from(end);
  masked.fill(0xff, 8, 20);
  return Buffer.concat([zip.subarray(0, endOffset), record, locator, masked]);
}

/** The first header's sizes and place stand in a Zip64 extra field. */
function withZip64Fields(zip: Buffer): Buffer {
  const at = zip.readUInt32LE(zip.length - 6);
  const nameEnd = at + 46 + zip.readUInt16LE(at + 28);
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(zip.readUInt32LE(at + 24)), 4);
  extra.writeBigUInt64LE(BigInt(zip.readUInt32LE(at + 20)), 12);
  extra.writeBigUInt64LE(BigInt(zip.readUInt32LE(at + 42)), 20);
  const copy = Buffer.concat([zip.subarray(0, nameEnd), extra, zip.subarray(nameEnd)]);
  copy.writeUInt32LE(0xffffffff, at + 20);
  copy.writeUInt32LE(0xffffffff, at + 24);
  copy.writeUInt32LE(0xffffffff, at + 42);
  copy.writeUInt16LE(28 + copy.readUInt16LE(at + 30), at + 30);
  copy.writeUInt32LE(copy.readUInt32LE(copy.length - 10) + 28, copy.length - 10);
  return copy;
}

function withComment(zip: Buffer): Buffer {
  const comment = Buffer.from('a comment PK\u0005\u0006', 'latin1');
  const copy = Buffer.concat([zip, comment]);
  copy.writeUInt16LE(comment.length, zip.length - 2);
  return copy;
}

export const zipSeeds = [
  deflated,
  stored,
  large,
  many,
  withDescriptors(),
  asZip64(deflated),
  withZip64Fields(deflated),
  asZip64(withZip64Fields(stored)),
  withComment(deflated),
];
