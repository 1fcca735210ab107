import type { ByteSource } from '../codec/byte-source.js';
import { readPackageFile } from '../codec/package-file.js';
import { readNuspec } from '../codec/package-nuspec.js';

/** A file out of a package, ready to be shown. */
export interface PackageFile {
  readonly bytes: Buffer;
  readonly contentType: string;
}

/** The nuspec as it stands, or the readme, icon or licence file that the nuspec names; `undefined` when it names none or the file is not there. */
export async function packageFile(
  content: ByteSource,
  kind: 'nuspec' | 'readme' | 'icon' | 'license',
): Promise<PackageFile | undefined> {
  const { directory, nuspec, bytes } = await readNuspec(content);
  if (kind === 'nuspec') return { bytes, contentType: 'application/xml' };
  const path = kind === 'license' ? (nuspec.license?.type === 'file' ? nuspec.license.text : undefined) : nuspec[kind];
  if (path === undefined) return undefined;
  const file = await readPackageFile(content, directory, path);
  return file && { bytes: file, contentType: kind === 'icon' ? imageType(file) : textType(path) };
}

/** nuget.org takes PNG and JPEG icons; anything else is given as bytes. */
function imageType(bytes: Buffer): string {
  if (bytes.subarray(0, 8).equals(pngMagic)) return 'image/png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg';
  if (bytes.subarray(0, 4).toString('latin1') === 'GIF8') return 'image/gif';
  return 'application/octet-stream';
}

const pngMagic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function textType(path: string): string {
  return path.toLowerCase().endsWith('.md') ? 'text/markdown; charset=utf-8' : 'text/plain; charset=utf-8';
}
