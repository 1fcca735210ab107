import type { IncomingMessage, ServerResponse } from 'node:http';

import { LRUCache } from 'lru-cache';

import type { PackageId } from '../nuget/package-id.js';
import type { Clock } from '../ops/clock.js';
import { acceptedEncoding, sendDocument } from './finished-document.js';
import type { Encoding, FinishedDocument } from './finished-document.js';
import type { Trace } from './trace.js';

/** What a hot answer tells the log. */
export type HotTrace = Pick<Trace, 'feed' | 'id'>;

interface HotDocument extends FinishedDocument {
  readonly trace: HotTrace;
  /** In ms since the epoch: later the sources may have to be asked. */
  readonly freshUntilMs: number;
}

/** Longest address that is remembered, in characters: no key is made from arbitrary input. */
const maxPathLength = 400;

/**
 * Finished documents by exact address, answered before the application is entered. Only whole and fresh answers are kept, and only under
 * the address that we make ourselves, so other spellings cannot fill the memory.
 */
export class HotDocuments {
  readonly #documents: LRUCache<string, HotDocument>;

  constructor(
    maxBytes: number,
    private readonly publicBase: (req: IncomingMessage) => string,
    private readonly clock: Clock,
  ) {
    this.#documents = new LRUCache<string, HotDocument>({
      maxSize: maxBytes,
      sizeCalculation: ({ body }, key) => body.length + key.length + 500,
    });
  }

  /** Answers when it can. @returns whether it did */
  answer(req: IncomingMessage, res: ServerResponse, trace: Trace): boolean {
    const { method, url } = req;
    if (
      (method !== 'GET' && method !== 'HEAD') ||
      url === undefined ||
      url.length > maxPathLength ||
      this.#documents.size === 0
    )
      return false;
    const base = this.#base(req);
    if (base === undefined) return false;
    const key = keyOf(acceptedEncoding(req), base, url);
    const document = this.#documents.get(key);
    if (!document) return false;
    // Below an address of ours there is no other feed; asked again, because here the bytes would go out.
    if (document.trace.feed === undefined || !trace.caller.mayRead(document.trace.feed)) return false;
    const nowMs = this.clock.now();
    if (nowMs >= document.freshUntilMs || (document.checkedAtMs ?? 0) > nowMs) {
      this.#documents.delete(key);
      return false;
    }
    sendDocument(req, res, document, {
      state: document.checkedAtMs === undefined ? undefined : 'HIT',
      nowMs,
      trace: Object.assign(trace, document.trace),
    });
    return true;
  }

  /** Forgets every document of an id: what it says has been found untrue. */
  forget(id: PackageId): void {
    for (const [key, { trace }] of this.#documents.entries())
      if (trace.id?.toLowerCase() === id.key) this.#documents.delete(key);
  }

  /** Forgets every document of these ids (lower case). */
  forgetAll(ids: ReadonlySet<string>): void {
    for (const [key, { trace }] of this.#documents.entries())
      if (trace.id !== undefined && ids.has(trace.id.toLowerCase())) this.#documents.delete(key);
  }

  /** A host that cannot be read is for the application to refuse. */
  #base(req: IncomingMessage): string | undefined {
    try {
      return this.publicBase(req);
    } catch {
      return undefined;
    }
  }

  /** @param accepted what the client accepts: a document too small to compress is remembered for either */
  remember(
    accepted: Encoding,
    base: string,
    path: string,
    document: FinishedDocument,
    freshUntilMs: number,
    trace: HotTrace,
  ): void {
    if (path.length > maxPathLength || freshUntilMs <= this.clock.now()) return;
    this.#documents.set(keyOf(accepted, base, path), { ...document, freshUntilMs, trace });
  }
}

function keyOf(accepted: Encoding, base: string, path: string): string {
  return `${accepted} ${base} ${path}`;
}
