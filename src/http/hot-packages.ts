import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { LRUCache } from 'lru-cache';

import type { Packages } from '../feed/packages.js';
import { DamagedBlobError, UnreadableError } from '../feed/store.js';
import type { PackageContent, PackageRow } from '../feed/store.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { formBytes } from './answer-form.js';
import { FramedBody, headRoomBytes } from './framed-body.js';
import { ReadyAnswer } from './ready-answer.js';
import type { Trace } from './trace.js';

export interface HotPackagesOptions {
  readonly packages: Pick<Packages, 'isStillKept' | 'forgetDamaged' | 'noteUnreadable'>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Bytes that packages may take at this moment. */
  readonly room: () => number;
}

/** A package in memory, as one feed gives it out. */
interface HotPackage {
  readonly row: PackageRow;
  readonly answer: ReadyAnswer;
}

/** What was sent, and how. */
export interface SentWhole {
  readonly row: PackageRow;
  readonly content: PackageContent;
  readonly feed: string;
  /** The address below which the feed is mounted, with the package's own path: the only spelling that is remembered. */
  readonly path: string;
  readonly cacheControl: string;
  readonly lastModified: string;
  readonly trace: Trace;
}

/** Larger ones are read out of the store piece by piece: there memory saves little. In bytes, and no more than one chunk of the store. */
export const maxHotPackageBytes = 256 * 1024;
/** What a package takes beside its answer, in bytes. */
const besideAnswer = headRoomBytes + 500;
/** While the memory is full, one in so many is taken in: who reads through more than fits in it would else find nothing ever. */
const takenOfFull = 8;

/**
 * Small packages by exact address, answered before the application is entered. A package enters after it was sent out of the store, whole
 * and by its SHA-512. Each answer asks whether the store still has it so: one that was evicted, purged, found damaged or came anew is not
 * given out from here.
 */
export class HotPackages {
  readonly #packages: LRUCache<string, HotPackage>;
  readonly #entering = new Set<string>();
  #offeredWhileFull = 0;

  constructor(private readonly options: HotPackagesOptions) {
    this.#packages = new LRUCache({
      maxSize: Math.max(1, options.room()),
      sizeCalculation: ({ row }) => bytesOf(row),
    });
  }

  /** Memory taken, in bytes. */
  get bytes(): number {
    return this.#packages.calculatedSize;
  }

  /** Answers when it can. A part of a package is for the application to send. @returns whether it did */
  answer(req: IncomingMessage, res: ServerResponse, trace: Trace): boolean {
    const { method, url, headers } = req;
    if ((method !== 'GET' && method !== 'HEAD') || url === undefined || headers.range !== undefined) return false;
    const hot = this.#packages.get(url);
    if (!hot) return false;
    const { row, answer } = hot;
    // Below an address of ours there is no other feed; asked again, because here the bytes would go out.
    if (answer.trace.feed === undefined || !trace.caller.mayRead(answer.trace.feed)) return false;
    if (!this.options.packages.isStillKept(row)) {
      this.#packages.delete(url);
      return false;
    }
    answer.sendAgain(req, res, trace, this.options.clock.now());
    return true;
  }

  /** A kept package was sent whole: from now on it may be answered from here. It is read again for that, after the answer. */
  remember(sent: SentWhole): void {
    const { row, path } = sent;
    if (row.size > maxHotPackageBytes || this.#packages.has(path) || this.#entering.has(path)) return;
    const isFull = this.bytes + bytesOf(row) > this.options.room();
    if (isFull && ++this.#offeredWhileFull % takenOfFull !== 0) return;
    this.#entering.add(path);
    void this.#enter(sent)
      .catch((error: unknown) => this.#tell(row, error))
      .finally(() => this.#entering.delete(path));
  }

  /** Gives memory back that documents have taken. */
  makeRoom(): void {
    const room = this.options.room();
    while (this.bytes > room && this.#packages.size > 0) this.#packages.pop();
  }

  async #enter({ row, content, feed, path, cacheControl, lastModified, trace }: SentWhole): Promise<void> {
    await nextTurn();
    const framed = new FramedBody(row.size);
    const { body } = framed;
    let length = 0;
    for await (const piece of content.stream()) length += piece.copy(body, length);
    const sha512 = hash('sha512', body, 'base64');
    if (length !== row.size || sha512 !== row.sha512)
      throw new DamagedBlobError(`the kept bytes of ${row.identity.toString()} have another SHA-512`);
    const room = this.options.room() - bytesOf(row);
    if (room < 0 || !this.options.packages.isStillKept(row)) return;
    while (this.bytes > room && this.#packages.size > 0) this.#packages.pop();
    const { id, version, source, cache } = trace;
    const etag = etagOf(row);
    const answer = new ReadyAnswer({
      ...{ body: framed, etag, lastModified },
      headers: ['Cache-Control', cacheControl, 'X-Cache', cache ?? 'HIT', 'X-Larder-Source', row.source],
      bodyHeaders: [
        ...['Content-Type', 'application/octet-stream', 'X-Content-Type-Options', 'nosniff'],
        ...['Accept-Ranges', 'bytes'],
      ],
      trace: {
        ...{ feed, cache: cache ?? 'HIT' },
        ...(id !== undefined && { id }),
        ...(version !== undefined && { version }),
        ...(source !== undefined && { source }),
      },
    });
    this.#packages.set(path, { row, answer });
  }

  #tell(row: PackageRow, error: unknown): void {
    const { packages, log } = this.options;
    if (error instanceof DamagedBlobError)
      void packages
        .forgetDamaged(row, error)
        .catch((failure: unknown) => log.error({ err: failure }, 'a damaged package could not be forgotten'));
    else if (error instanceof UnreadableError) packages.noteUnreadable(row, error);
    else log.error({ err: error }, 'a package could not be taken into memory');
  }
}

/** What a package takes in memory. */
function bytesOf({ size }: PackageRow): number {
  return formBytes(size) + besideAnswer;
}

/** A strong validator: the hash of the bytes. */
export function etagOf({ sha512 }: PackageRow): string {
  return `"${Buffer.from(sha512, 'base64').toString('base64url')}"`;
}
