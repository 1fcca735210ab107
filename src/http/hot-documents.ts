import type { IncomingMessage, ServerResponse } from 'node:http';

import { LRUCache } from 'lru-cache';

import type { PackageId } from '../nuget/package-id.js';
import type { Clock } from '../ops/clock.js';
import { formBytes } from './answer-form.js';
import { acceptedEncoding, readyDocument } from './finished-document.js';
import type { Encoding, FinishedDocument } from './finished-document.js';
import type { ReadyAnswer } from './ready-answer.js';
import type { Trace } from './trace.js';

/** What a hot answer tells the log. */
export type HotTrace = Pick<Trace, 'feed' | 'id'>;

/** A document as it goes out to clients that see us under one base and accept one encoding. */
interface Variant {
  readonly base: string;
  readonly accepted: Encoding;
  readonly answer: ReadyAnswer;
  /** In ms since the epoch: later the sources may have to be asked. */
  readonly freshUntilMs: number;
}

/** Longest address that is remembered, in characters: no key is made from arbitrary input. */
const maxPathLength = 400;
/** Forms of one document that are remembered: clients can invent names for us. */
const maxVariants = 8;
/** What a variant takes beside its answer, in bytes. */
const variantBytes = 500;

/**
 * Finished documents by exact address, answered before the application is entered. Only whole and fresh answers are kept, and only under
 * the address that we make ourselves, so other spellings cannot fill the memory.
 */
export class HotDocuments {
  readonly #documents: LRUCache<string, readonly Variant[]>;

  /** @param onGrown more of the memory is taken than before */
  constructor(
    maxBytes: number,
    private readonly publicBase: (req: IncomingMessage) => string,
    private readonly clock: Clock,
    private readonly onGrown: () => void = () => undefined,
  ) {
    this.#documents = new LRUCache({
      maxSize: maxBytes,
      sizeCalculation: (variants, path) =>
        path.length + variants.reduce((sum, { answer }) => sum + formBytes(answer.body.length) + variantBytes, 0),
    });
  }

  /** Memory taken, in bytes. */
  get bytes(): number {
    return this.#documents.calculatedSize;
  }

  /** Answers when it can. @returns whether it did */
  answer(req: IncomingMessage, res: ServerResponse, trace: Trace): boolean {
    const { method, url } = req;
    if ((method !== 'GET' && method !== 'HEAD') || url === undefined || url.length > maxPathLength) return false;
    const variants = this.#documents.get(url);
    if (!variants) return false;
    const base = this.#base(req);
    const accepted = acceptedEncoding(req);
    const variant = variants.find((one) => one.base === base && one.accepted === accepted);
    if (!variant) return false;
    const { answer, freshUntilMs } = variant;
    // Below an address of ours there is no other feed; asked again, because here the bytes would go out.
    if (answer.trace.feed === undefined || !trace.caller.mayRead(answer.trace.feed)) return false;
    const nowMs = this.clock.now();
    if (nowMs >= freshUntilMs || (answer.checkedAtMs ?? 0) > nowMs) {
      this.#keep(
        url,
        variants.filter((one) => one !== variant),
      );
      return false;
    }
    answer.sendAgain(req, res, trace, nowMs);
    return true;
  }

  /** Forgets every document of an id: what it says has been found untrue. */
  forget(id: PackageId): void {
    this.#forgetWhere((key) => key === id.key);
  }

  /** Forgets every document of these ids (lower case). */
  forgetAll(ids: ReadonlySet<string>): void {
    this.#forgetWhere((key) => ids.has(key));
  }

  #forgetWhere(isMeant: (key: string) => boolean): void {
    for (const [path, [variant]] of this.#documents.entries()) {
      const id = variant?.answer.trace.id;
      if (id !== undefined && isMeant(id.toLowerCase())) this.#documents.delete(path);
    }
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
    const state = document.checkedAtMs === undefined ? undefined : 'HIT';
    const variant = { base, accepted, freshUntilMs, answer: readyDocument(document, state, trace) };
    const others = (this.#documents.peek(path) ?? []).filter((one) => one.base !== base || one.accepted !== accepted);
    this.#keep(path, [variant, ...others].slice(0, maxVariants));
    this.onGrown();
  }

  #keep(path: string, variants: readonly Variant[]): void {
    if (variants.length === 0) this.#documents.delete(path);
    else this.#documents.set(path, variants);
  }
}
