import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ByteSource } from './byte-source.js';
import { windowSource } from './window-source.js';
import type { ZipDirectory } from './zip-directory.js';
import { streamEntry } from './zip-entry.js';

/** What opening an entry costs, in bytes of inflating: many empty entries must give way too. */
const costOfEntryInBytes = 8 * 1024;
/** CRC-32 and inflate of so much take a few milliseconds: then others get their turn. */
const maxBytesPerTurn = 512 * 1024;

/**
 * Checks every entry of a package against the size and CRC-32 that the directory tells: a flipped bit in an entry's bytes shows.
 * Memory stays at a few pieces of 256 KiB, whatever the size of the package.
 *
 * @throws BadPackageError naming the first entry that is not as the directory says
 * @throws the reason of `signal`, once it is aborted
 */
export async function verifyEntries(source: ByteSource, directory: ZipDirectory, signal?: AbortSignal): Promise<void> {
  const inOrder = windowSource(source);
  let bytesThisTurn = 0;
  const giveWay = async (bytes: number): Promise<void> => {
    bytesThisTurn += bytes;
    if (bytesThisTurn >= maxBytesPerTurn) {
      bytesThisTurn = 0;
      await nextTurn();
    }
    signal?.throwIfAborted();
  };
  for (const entry of directory.entries.toSorted((a, b) => a.headerOffset - b.headerOffset)) {
    await giveWay(costOfEntryInBytes);
    for await (const piece of streamEntry(inOrder, directory, entry)) await giveWay(piece.length);
  }
}
