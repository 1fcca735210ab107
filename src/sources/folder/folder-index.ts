import { setImmediate as nextTurn } from 'node:timers/promises';

import { failed, found } from '../../feed/answer.js';
import type { Answer, Reason } from '../../feed/answer.js';
import type { Clock } from '../../ops/clock.js';
import type { Logger } from '../../ops/log.js';
import { concurrently } from '../concurrently.js';
import { isSettled, readFile } from './file-reading.js';
import type { FileReading } from './file-reading.js';
import { FolderContents } from './folder-contents.js';
import type { ReadFile } from './folder-contents.js';
import { unreadable } from './folder-failure.js';
import { FolderReplacedError, listFolder } from './folder-listing.js';
import type { FolderListing, ListedFile } from './folder-listing.js';
import type { Lanes } from './lanes.js';
import { Remarks } from './remarks.js';

export interface FolderIndexOptions {
  readonly source: string;
  /** Absolute. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly lanes: Lanes;
}

/** How long a look at the folder counts, in milliseconds, however quick it was. */
const leastValidityMs = 500;
/** A look counts so many times as long as it took: a large folder on a slow mount is not read without end. */
const validityPerDuration = 4;
const filesReadAtOnce = 4;
/** Files compared between two turns of the event loop: about 1 ms. */
const sliceSize = 2_000;

/**
 * What the folder holds, looked at again when it is asked for and the last look is old. A look lists every file with size and times, which
 * works on every kind of mount; only files that are new or changed are opened.
 */
export class FolderIndex {
  readonly #remarks: Remarks;
  readonly #closing = new AbortController();
  readonly #known = new Map<string, ReadFile>();
  /** What could not be looked at or was not followed. */
  #odd = '';
  #contents: FolderContents | undefined;
  /** The file system on which packages were seen last. */
  #device: number | undefined;
  #running: Promise<Answer<FolderContents>> | undefined;
  #last: { readonly answer: Answer<FolderContents>; readonly atMs: number; readonly validMs: number } | undefined;
  #progress = '';

  constructor(private readonly options: FolderIndexOptions) {
    this.#remarks = new Remarks(options.log, options.source);
  }

  /** How far the look under way has come, in words; empty at its beginning. */
  get progress(): string {
    return this.#progress;
  }

  /** What the folder held a moment ago. Never rejects, but for errors of our own. */
  current(): Promise<Answer<FolderContents>> {
    const nowMs = this.options.clock.now();
    const last = this.#last;
    if (last && nowMs >= last.atMs && nowMs - last.atMs < last.validMs) return Promise.resolve(last.answer);
    return this.#look();
  }

  /** What the folder holds by a look that begins after this call. */
  async renewed(): Promise<Answer<FolderContents>> {
    await this.#running;
    return this.#look();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the source is closed'));
    // A look that hangs on a dead mount is not waited for.
    this.#running?.catch(() => undefined);
  }

  #look(): Promise<Answer<FolderContents>> {
    this.#running ??= this.#begin().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #begin(): Promise<Answer<FolderContents>> {
    const { clock } = this.options;
    const beganAtMs = clock.now();
    const answer = await this.#ask();
    const endedAtMs = clock.now();
    const tookMs = Math.max(0, endedAtMs - beganAtMs);
    this.#last = { answer, atMs: endedAtMs, validMs: Math.max(leastValidityMs, tookMs * validityPerDuration) };
    return answer;
  }

  async #ask(): Promise<Answer<FolderContents>> {
    const { source, folder, lanes, log } = this.options;
    try {
      this.#progress = '';
      const listing = await listFolder(folder, lanes, this.#closing.signal, (files) => {
        this.#progress = `${files} files seen so far`;
      });
      const unmounted = this.#unmountedReason(listing);
      if (unmounted) return failed(unmounted);
      const isFirst = this.#contents === undefined;
      const { files, changes } = await this.#readChanged(listing.files);
      const odd = JSON.stringify([listing.unreadable.map(({ path }) => path), listing.straying]);
      if (changes === 0 && this.#contents && odd === this.#odd) return found(this.#contents);
      this.#odd = odd;

      const { contents, remarks } = await FolderContents.of(
        files,
        listing.unreadable.map(({ path, error }) => ({ path, reason: unreadable(source, path, error) })),
      );
      const links = listing.straying.map((file) => ({
        file,
        text: 'a link leads out of the folder: it is not followed',
      }));
      this.#remarks.tell([...remarks, ...links]);
      this.#contents = contents;
      const { packageCount: packages, idCount: ids } = contents;
      if (isFirst || changes > 0)
        log.info({ source, packages, ids, changes }, isFirst ? 'the folder was read' : 'the folder changed');
      return found(contents);
    } catch (error) {
      if (this.#closing.signal.aborted) return failed(this.#reason('the source is closed'));
      if (error instanceof FolderReplacedError)
        return failed(this.#reason(`another folder took the place of ${folder} while it was read: try again`));
      return failed(unreadable(source, folder, error));
    }
  }

  /** The files with what they are, those opened that have to be; `changes` counts what is not as it was. */
  async #readChanged(listed: readonly ListedFile[]): Promise<{ files: readonly ReadFile[]; changes: number }> {
    const { source, lanes, clock } = this.options;
    let changes = 0;
    const files: ReadFile[] = [];
    const toRead: { readonly file: ListedFile; readonly before: FileReading | undefined }[] = [];
    for (const [place, file] of listed.entries()) {
      if (place % sliceSize === sliceSize - 1) await nextTurn();
      const known = this.#known.get(file.path);
      const before = known?.file.key === file.key ? known.reading : undefined;
      if (known?.file.hashAt !== file.hashAt || known?.file.at !== file.at) changes++;
      if (known && before && isSettled(before)) {
        this.#known.set(file.path, { file, reading: before });
        files.push({ file, reading: before });
      } else toRead.push({ file, before });
    }
    await concurrently(toRead, filesReadAtOnce, async ({ file, before }) => {
      this.#closing.signal.throwIfAborted();
      const reading = await readFile(file, { source, lanes, nowMs: clock.now(), before });
      this.#progress = `${files.length + 1} of ${listed.length} files read so far`;
      this.#known.set(file.path, { file, reading });
      files.push({ file, reading });
      if (before?.kind !== reading.kind) changes++;
    });
    if (this.#known.size > listed.length) changes += this.#forgetAllBut(listed);
    return { files, changes };
  }

  /** @returns how many there were beside them */
  #forgetAllBut(listed: readonly ListedFile[]): number {
    const paths = new Set(listed.map(({ path }) => path));
    const gone = [...this.#known.keys()].filter((path) => !paths.has(path));
    for (const path of gone) this.#known.delete(path);
    return gone.length;
  }

  /** A mount that went away leaves an empty folder on the file system below it: that is no word of the source. */
  #unmountedReason({ files, device }: FolderListing): Reason | undefined {
    if (files.length > 0) this.#device = device;
    if (this.#device === undefined || this.#device === device) return undefined;
    return this.#reason(
      `${this.options.folder} is empty and lies on another file system than its packages did: mount it again`,
    );
  }

  #reason(detail: string): Reason {
    return { code: 'source-unreachable', source: this.options.source, detail };
  }
}
