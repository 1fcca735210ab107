import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';

const headerBytes = 12;

/** Which input is at hand, written before each: what is left of a process that hangs or dies. */
export class JournalWriter {
  readonly #file: number;
  #buffer = Buffer.alloc(4096);
  #beat = 0;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
  }

  /** @param place how many inputs came before */
  write(place: number, input: Buffer): void {
    const length = headerBytes + input.length;
    if (length > this.#buffer.length) this.#buffer = Buffer.alloc(2 * length);
    this.#buffer.writeUInt32LE((this.#beat = (this.#beat + 1) >>> 0), 0);
    this.#buffer.writeUInt32LE(place, 4);
    this.#buffer.writeUInt32LE(input.length, 8);
    input.copy(this.#buffer, headerBytes);
    writeSync(this.#file, this.#buffer, 0, length, 0);
  }

  close(): void {
    closeSync(this.#file);
  }
}

export interface JournalEntry {
  /** Differs from write to write: a process whose journal stands still has hung. */
  readonly beat: number;
  readonly place: number;
  readonly input: Buffer;
}

/** @returns `undefined` before the first input */
export function readJournal(path: string): JournalEntry | undefined {
  const bytes = readFileSync(path);
  if (bytes.length < headerBytes) return undefined;
  const input = bytes.subarray(headerBytes, headerBytes + bytes.readUInt32LE(8));
  return { beat: bytes.readUInt32LE(0), place: bytes.readUInt32LE(4), input };
}
