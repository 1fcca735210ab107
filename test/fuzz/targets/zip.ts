import { zipSync } from 'fflate';
import { BadPackageError } from '../../../src/codec/bad-package.js';
import { bufferSource } from '../../../src/codec/byte-source.js';
import { findPackageFile, readPackageFile } from '../../../src/codec/package-file.js';
import { readNuspec } from '../../../src/codec/package-nuspec.js';
import { findSignature } from '../../../src/codec/signature-entry.js';
import { verifyEntries } from '../../../src/codec/zip-check.js';
import { readZipDirectory } from '../../../src/codec/zip-directory.js';
import { readEntry } from '../../../src/codec/zip-entry.js';
import { mustHold, refusing } from '../target.js';
import type { Target } from '../target.js';
import { zipSeeds } from '../zip-seeds.js';

const maxEntryBytes = 4 * 2 ** 20;

export const targets: readonly Target[] = [
  {
    name: 'zip-nuspec',
    shape: 'zip',
    seeds: zipSeeds,
    async run(input) {
      try {
        const source = bufferSource(input);
        const { directory, nuspec, bytes } = await readNuspec(source);
        mustHold(bytes.length > 0, 'a nuspec is not empty');
        findSignature(directory);
        if (nuspec.icon !== undefined) await readPackageFile(source, directory, nuspec.icon, maxEntryBytes);
        return `${Math.min(directory.entries.length, 8)} entries`;
      } catch (error) {
        return refusing([BadPackageError], error);
      }
    },
  },
  {
    name: 'zip-entries',
    shape: 'zip',
    seeds: zipSeeds,
    async run(input) {
      try {
        const source = bufferSource(input);
        const directory = await readZipDirectory(source, { maxEntries: 1_000 });
        for (const entry of directory.entries) {
          mustHold(!entry.name.includes('\\'), 'names have forward slashes');
          mustHold(entry.headerOffset + entry.compressedSize <= directory.offset, 'entries lie before the directory');
        }
        await verifyEntries(source, directory);
        for (const entry of directory.entries.slice(0, 4)) {
          if (entry.size > maxEntryBytes) continue;
          const bytes = await readEntry(source, directory, entry, maxEntryBytes);
          mustHold(bytes.length === entry.size, 'an entry is as long as it says');
          const named = findPackageFile(directory, entry.name.toUpperCase().replaceAll('/', '\\'));
          const climbs = entry.name.split('/').includes('..');
          mustHold(!climbs || named === undefined, 'no path with .. leads to an entry');
        }
        return `${Math.min(directory.entries.length, 8)} entries`;
      } catch (error) {
        return refusing([BadPackageError], error);
      }
    },
  },
  {
    name: 'inflate',
    shape: 'bytes',
    // The compressed bytes of one entry, around which a sound archive is put: the checks before it must not get in the way.
    seeds: [
      deflated(Buffer.alloc(300_000, 'abc')),
      deflated(Buffer.from('short')),
      deflated(Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * i) % 251))),
    ],
    async run(input) {
      const archive = around(input);
      try {
        const source = bufferSource(archive);
        const directory = await readZipDirectory(source);
        await verifyEntries(source, directory);
        return 'whole';
      } catch (error) {
        return refusing([BadPackageError], error);
      }
    },
  },
];

function deflated(content: Buffer): Buffer {
  const zip = Buffer.from(zipSync({ a: content }));
  const start = 30 + zip.readUInt16LE(26) + zip.readUInt16LE(28);
  const size = zip.readUInt32LE(zip.readUInt32LE(zip.length - 6) + 20);
  return zip.subarray(start, start + size);
}

/** An archive of one entry that announces as much as could come of it. */
function around(compressed: Buffer): Buffer {
  const local = Buffer.alloc(31);
  local.write('PK\u0003\u0004', 'latin1');
  local.writeUInt16LE(8, 8);
  local.writeUInt16LE(1, 26);
  local.write('a', 30);
  const header = Buffer.alloc(47);
  header.write('PK\u0001\u0002', 'latin1');
  header.writeUInt16LE(8, 10);
  header.writeUInt32LE(compressed.length, 20);
  header.writeUInt32LE(Math.min(300_000, compressed.length * 1032), 24);
  header.writeUInt16LE(1, 28);
  header.write('a', 46);
  const end = Buffer.alloc(22);
  end.write('PK\u0005\u0006', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(header.length, 12);
  end.writeUInt32LE(local.length + compressed.length, 16);
  return Buffer.concat([local, compressed, header, end]);
}
