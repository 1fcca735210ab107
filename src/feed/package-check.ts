import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { BadPackageError } from '../codec/bad-package.js';
import { readNuspec } from '../codec/package-nuspec.js';
import { DamagedBlobError } from './store.js';
import type { PackageRow, PackageStore } from './store.js';

/** What is wrong with a kept package. */
export interface Flaw {
  /** `unreadable`: the store could not read it, whatever its bytes are. */
  readonly kind: 'damaged' | 'unreadable';
  /** In words. */
  readonly what: string;
}

export interface PackageChecking {
  /** Told of each piece read, in bytes. */
  readonly onBytes?: (bytes: number) => void;
  readonly signal?: AbortSignal;
}

const maxBytesPerTurn = 512 * 1024;

/**
 * Reads a kept package whole and in order, and compares it with its row: size, SHA-512, the identity in its nuspec.
 *
 * @returns `undefined` when nothing is wrong with it
 * @throws the reason of `signal`, once it is aborted
 */
export async function checkPackage(
  packages: PackageStore,
  row: PackageRow,
  { onBytes, signal }: PackageChecking = {},
): Promise<Flaw | undefined> {
  try {
    const content = await packages.open(row, 'inspect');
    const hash = createHash('sha512');
    let bytesThisTurn = 0;
    for await (const piece of content.stream()) {
      signal?.throwIfAborted();
      hash.update(piece);
      onBytes?.(piece.length);
      bytesThisTurn += piece.length;
      if (bytesThisTurn < maxBytesPerTurn) continue;
      bytesThisTurn = 0;
      await nextTurn();
    }
    if (hash.digest('base64') !== row.sha512)
      return { kind: 'damaged', what: 'its SHA-512 is not the one that it was admitted with' };
    const { nuspec } = await readNuspec(content);
    if (nuspec.identity.equals(row.identity)) return undefined;
    return { kind: 'damaged', what: `its nuspec says ${nuspec.identity.toString()}` };
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DamagedBlobError || error instanceof BadPackageError)
      return { kind: 'damaged', what: error.message };
    return { kind: 'unreadable', what: error instanceof Error ? error.message : String(error) };
  }
}
