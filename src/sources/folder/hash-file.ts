import { open } from 'node:fs/promises';

import { BadPackageError } from '../../codec/bad-package.js';
import type { Lanes } from './lanes.js';
import { readOnly } from './opened-file.js';

/** Far above the 88 characters that it holds. */
const maxBytes = 1024;

/**
 * The hash in a `.nupkg.sha512` as NuGet writes it beside a package (`PackageExtractor`: base64 of the SHA-512, nothing else), or in the
 * hexadecimal form of `sha512sum`.
 *
 * @returns base64
 * @throws BadPackageError when it holds no SHA-512; the file system's error when it cannot be read
 */
export async function readHashText(path: string, lanes: Lanes): Promise<string> {
  const handle = await lanes.run(() => open(path, readOnly));
  try {
    const { buffer, bytesRead } = await lanes.run(() => handle.read(Buffer.alloc(maxBytes), 0, maxBytes, 0));
    return parseHash(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

export function parseHash(text: string): string {
  const [word = ''] = text
    .replace(/^\ufeff/, '')
    .trim()
    .split(/\s+/);
  if (/^[A-Za-z0-9+/]{86}==$/.test(word)) return word;
  if (/^[0-9a-f]{128}$/i.test(word)) return Buffer.from(word, 'hex').toString('base64');
  throw new BadPackageError('it holds no SHA-512');
}
