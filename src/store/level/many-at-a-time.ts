/** What classic-level's iterators have. */
interface LevelIterator<T> {
  nextv(size: number): Promise<T[]>;
  close(): Promise<void>;
}

/** How many entries one turn of the event loop takes in when a whole range is read: a millisecond's work, or two. */
const entriesAtATime = 1_000;
/** For the iterator: LevelDB's own 16 KiB are three dozen rows. */
export const bytesAtATime = { highWaterMarkBytes: 512 * 1024 };

/**
 * What an iterator has, in few large parts; the next is read while one is worked on.
 * @param tellAs what a failed read is thrown as
 */
export async function* manyAtATime<T>(
  iterator: LevelIterator<T>,
  tellAs: (error: unknown) => unknown,
): AsyncGenerator<readonly T[]> {
  const read = (): Promise<T[]> => {
    const reading = iterator.nextv(entriesAtATime);
    // Thrown where it is awaited, which may never come to pass.
    reading.catch(() => undefined);
    return reading;
  };
  try {
    for (let coming = read(); ;) {
      const entries = await coming.catch((error: unknown) => {
        throw tellAs(error);
      });
      if (entries.length === 0) return;
      coming = read();
      yield entries;
    }
  } finally {
    await iterator.close();
  }
}
