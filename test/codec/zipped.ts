import { zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { bufferSource } from '../../src/codec/byte-source.js';
import type { ByteSource } from '../../src/codec/byte-source.js';

export const zipped = (files: Zippable, comment = ''): Buffer => {
  const bytes = Buffer.from(zipSync(files));
  bytes.writeUInt16LE(comment.length, bytes.length - 2);
  return Buffer.concat([bytes, Buffer.from(comment, 'latin1')]);
};

export const text = (content: string) => new TextEncoder().encode(content);

export const nuspecText = (metadata: string) =>
  `<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd"><metadata>${metadata}</metadata></package>`;

export const nupkg = (files: Zippable = {}): Buffer =>
  zipped({
    '_rels/.rels': text('<Relationships/>'),
    'Some.Package.nuspec': text(nuspecText('<id>Some.Package</id><version>1.2.3</version>')),
    'lib/net8.0/Some.Package.dll': text('MZ'.repeat(5000)),
    ...files,
  });

/** Where the directory begins, and its first header. */
export const directoryOffset = (zip: Buffer) => zip.readUInt32LE(zip.length - 6);

/** Keeps what was read, and gives way to the loop each time as a disk does. */
export function recordingSource(bytes: Buffer): ByteSource & { readonly reads: { offset: number; length: number }[] } {
  const source = bufferSource(bytes);
  const reads: { offset: number; length: number }[] = [];
  return {
    size: source.size,
    reads,
    async read(offset, length) {
      reads.push({ offset, length });
      await new Promise((resolve) => setImmediate(resolve));
      return source.read(offset, length);
    },
  };
}
