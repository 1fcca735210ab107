import { UnreadableDocumentError } from './json-document.js';
import { GrowingBytes } from './growing-bytes.js';
import {
  backslash,
  byteOrderMark,
  closeBrace,
  closeBracket,
  comma,
  isSpace,
  openBrace,
  openBracket,
  quote,
} from './json-bytes.js';

export interface RegistrationSplitterOptions {
  /**
   * Gets each leaf as soon as it is complete: JSON by its brackets, everything else shows when it is parsed. The bytes may share memory with
   * what was pushed: copy what you keep. `pageOrdinal`: the place of its page in the root's `items`; 0 for the leaves of a page document.
   */
  readonly onLeaf: (pageOrdinal: number, leaf: Buffer) => void;
  /** `index` (default): leaves are `items[].items[]`. `page`: leaves are `items[]`, save for an element with `items` of its own, a page. */
  readonly kind?: 'index' | 'page';
  /** What the lists are called: `items` (default), or `data` as in search results. */
  readonly listName?: 'items' | 'data';
  /** Brackets inside brackets. */
  readonly maxDepth?: number;
  readonly maxLeafBytes?: number;
  /** Bound of all that is not leaves: it is parsed in one go. */
  readonly maxSkeletonBytes?: number;
}

/** 1: matters outside of strings, wherever it stands. */
const structural = new Uint8Array(256);
for (const byte of [quote, openBracket, closeBracket, openBrace, closeBrace]) structural[byte] = 1;

/** Places on the way to the leaves, each the number of brackets that are open there. */
const outside = 0;
const inRoot = 1;
const inRootItems = 2;
const inPage = 3;
const inPageItems = 4;

/**
 * Cuts a registration document (`registration-base-url-resource.md`) into its leaves while it arrives: a large one is never parsed in one
 * go and never held whole, only the leaf at hand is, and the skeleton, which is the document with its arrays of leaves emptied.
 *
 * Leaves are told by where they stand; `items` inside them is content. Only strings and brackets are read here. Every byte goes into a leaf
 * or the skeleton, but white space and commas between leaves, so that all of these are JSON exactly when the document is.
 */
export class RegistrationSplitter {
  readonly #onLeaf: RegistrationSplitterOptions['onLeaf'];
  readonly #cutsRootItems: boolean;
  readonly #listName: string;
  readonly #maxDepth: number;
  readonly #skeleton: GrowingBytes;
  /** The leaf at hand, or what may turn out to be one. */
  readonly #leaf: GrowingBytes;

  /** Where bytes go; undefined: nowhere, between two elements of an array that is cut. */
  #sink: GrowingBytes | undefined;
  /** Since which byte of the chunk at hand they go there. */
  #from = 0;

  #markBytes = 0;
  #place: number | undefined;
  /** Brackets open; more than `#place` says: inside a value beside the way. */
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** In an object on the way: the next string is a key. */
  #expectsKey = false;
  #readsKey = false;
  #key = '';
  #keyIsItems = false;
  #rootClosed = false;
  #rootHadItems = false;
  #pageHadItems = false;

  /** In an array that is cut: whether an element is open, or must come because a comma did. */
  #element: 'none' | 'open' | 'due' = 'none';
  /** The element of the root's `items` has turned out to be a page, which the skeleton keeps. */
  #keepsElement = false;
  #keptElements = 0;
  #ordinal = 0;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: RegistrationSplitterOptions) {
    this.#onLeaf = options.onLeaf;
    this.#cutsRootItems = options.kind === 'page';
    this.#listName = options.listName ?? 'items';
    this.#maxDepth = options.maxDepth ?? 64;
    this.#skeleton = new GrowingBytes(options.maxSkeletonBytes ?? 4 * 1024 * 1024, 'is too large beside its leaves');
    this.#leaf = new GrowingBytes(options.maxLeafBytes ?? 2 * 1024 * 1024, 'holds a leaf that is too large');
    this.#sink = this.#skeleton;
  }

  /**
   * The next bytes of the document, cut anywhere. What `onLeaf` throws comes out here.
   *
   * @throws UnreadableDocumentError when this is no JSON object, or passes the limits; after a throw always the same
   */
  push(chunk: Buffer): void {
    if (this.#failure) throw this.#failure.error;
    try {
      this.#from = this.#place === undefined ? this.#begin(chunk) : 0;
      this.#scan(chunk, this.#from);
      if (this.#from < chunk.length) this.#sink?.append(chunk.subarray(this.#from));
    } catch (error) {
      this.#failure = { error };
      throw error;
    }
  }

  /**
   * The document is complete.
   *
   * @returns the parsed skeleton. An index whose `items` are leaves keeps them there, and a `page` that turned out to be an index its pages.
   * @throws UnreadableDocumentError when the document ends early or is not JSON
   */
  end(): unknown {
    if (this.#failure) throw this.#failure.error;
    if (this.#place === undefined) throw new UnreadableDocumentError('is empty');
    if (this.#depth > 0) throw new UnreadableDocumentError('ends in the middle of the document');
    try {
      return JSON.parse(this.#skeleton.take(Buffer.alloc(0)).toString('utf8')) as unknown;
    } catch (error) {
      throw new UnreadableDocumentError('is not valid JSON', { cause: error });
    }
  }

  /** Passes over a byte order mark and white space. @returns where the object begins */
  #begin(chunk: Buffer): number {
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (this.#markBytes < 3 && byte === byteOrderMark[this.#markBytes]) {
        this.#markBytes++;
        continue;
      }
      if (this.#markBytes % 3 !== 0) throw new UnreadableDocumentError('is not JSON');
      if (isSpace(byte)) {
        this.#markBytes = 3;
        continue;
      }
      if (byte === 0x3c)
        throw new UnreadableDocumentError(
          chunk.toString('latin1', i, i + 5) === '<?xml' ? 'is XML, not JSON' : 'is an HTML page, not JSON',
        );
      if (byte !== openBrace) throw new UnreadableDocumentError('is not a JSON object');
      this.#place = outside;
      return i;
    }
    return chunk.length;
  }

  #scan(chunk: Buffer, start: number): void {
    for (let i = start; i < chunk.length;) {
      if (this.#inString) {
        const end = this.#passString(chunk, i);
        if (this.#readsKey) this.#readKey(chunk, i, end);
        i = end;
      } else if (this.#depth !== this.#place) i = this.#passValue(chunk, i);
      else {
        this.#step(chunk, i);
        i++;
      }
    }
  }

  /** From inside a string to behind its closing quote. */
  #passString(chunk: Buffer, start: number): number {
    const length = chunk.length;
    let i = start;
    if (this.#escaped && i < length) {
      this.#escaped = false;
      i++;
    }
    while (i < length) {
      const byte = chunk[i++];
      if (byte === quote) {
        this.#inString = false;
        return i;
      }
      if (byte === backslash && i++ === length) {
        this.#escaped = true;
        return length;
      }
    }
    return length;
  }

  /** From inside a value beside the way to behind its end. */
  #passValue(chunk: Buffer, start: number): number {
    const length = chunk.length;
    const floor = this.#place as number;
    let depth = this.#depth;
    let i = start;
    while (i < length) {
      const byte = chunk[i++] as number;
      if (structural[byte] === 0) continue;
      if (byte === quote) {
        this.#inString = true;
        i = this.#passString(chunk, i);
      } else if (byte === openBrace || byte === openBracket) {
        if (++depth > this.#maxDepth) throw new UnreadableDocumentError('is nested too deeply');
      } else if (--depth === floor) break;
    }
    this.#depth = depth;
    return i;
  }

  /** One byte on the way to the leaves. */
  #step(chunk: Buffer, i: number): void {
    const byte = chunk[i] as number;
    if (isSpace(byte)) return;
    switch (this.#place) {
      case outside:
        if (this.#rootClosed) throw new UnreadableDocumentError('goes on after its end');
        return this.#enter(inRoot);
      case inRoot:
      case inPage:
        return this.#stepInObject(chunk, i, byte);
      case inRootItems:
        if (this.#cutsRootItems) return this.#stepInCutArray(chunk, i, byte);
        if (byte === comma) this.#ordinal++;
        return this.#stepInValue(byte);
      default:
        return this.#stepInCutArray(chunk, i, byte);
    }
  }

  #stepInObject(chunk: Buffer, i: number, byte: number): void {
    if (byte === quote && this.#expectsKey) {
      this.#readsKey = true;
      this.#key = '';
    } else if (byte === comma) this.#expectsKey = true;
    else if (byte === openBracket && !this.#expectsKey && this.#keyIsItems) return this.#enterItems(chunk, i);
    this.#stepInValue(byte);
  }

  #stepInCutArray(chunk: Buffer, i: number, byte: number): void {
    const ends = byte === closeBracket || byte === closeBrace;
    if (byte !== comma && !ends) {
      if (this.#element !== 'open') this.#sendTo(this.#leaf, chunk, i);
      this.#element = 'open';
      return this.#stepInValue(byte);
    }
    if (this.#element === 'open') this.#closeElement(chunk, i);
    else if (byte === comma || this.#element === 'due') throw new UnreadableDocumentError('is not valid JSON');
    if (ends) {
      this.#sendTo(this.#skeleton, chunk, i);
      // Where the array was a page's: the page is the open element around it.
      this.#element = 'open';
      return this.#stepInValue(byte);
    }
    this.#element = 'due';
    if (this.#place === inRootItems) this.#ordinal++;
    this.#sendTo(undefined, chunk, i + 1);
  }

  /** Brackets and quotes, where nothing else is to be told. */
  #stepInValue(byte: number): void {
    if (byte === quote) this.#inString = true;
    else if (byte === openBrace && this.#place === inRootItems) this.#enter(inPage);
    else if (byte === openBrace || byte === openBracket) this.#depth++;
    else if (byte === closeBrace || byte === closeBracket) this.#leave();
  }

  #enter(place: number): void {
    this.#place = place;
    this.#depth = place;
    this.#expectsKey = true;
    this.#keyIsItems = false;
    if (place === inPage) this.#pageHadItems = false;
  }

  #leave(): void {
    this.#depth--;
    this.#place = this.#depth;
    this.#expectsKey = false;
    this.#keyIsItems = false;
    if (this.#depth === outside) this.#rootClosed = true;
  }

  /** The array of pages, or of leaves, opens at `i`. */
  #enterItems(chunk: Buffer, i: number): void {
    const ofRoot = this.#place === inRoot;
    this.#enter(ofRoot ? inRootItems : inPageItems);
    this.#element = 'none';
    if (ofRoot && !this.#cutsRootItems) return;
    if (!ofRoot && this.#cutsRootItems) this.#keepElement(chunk, i);
    this.#sendTo(undefined, chunk, i + 1);
  }

  /** What looked like a leaf of a page document is a page. */
  #keepElement(chunk: Buffer, i: number): void {
    const begun = this.#leaf.take(chunk.subarray(this.#from, i));
    if (this.#keptElements++ > 0) this.#skeleton.append(Buffer.from(','));
    this.#skeleton.append(begun);
    this.#keepsElement = true;
    this.#from = i;
    this.#sink = this.#skeleton;
  }

  #closeElement(chunk: Buffer, i: number): void {
    if (this.#place === inRootItems && this.#keepsElement) {
      this.#keepsElement = false;
      return this.#sendTo(undefined, chunk, i);
    }
    const leaf = this.#leaf.take(chunk.subarray(this.#from, i));
    this.#from = i;
    this.#sink = undefined;
    this.#onLeaf(this.#place === inRootItems ? 0 : this.#ordinal, leaf);
  }

  /** Bytes from `i` on go to `sink`. */
  #sendTo(sink: GrowingBytes | undefined, chunk: Buffer, i: number): void {
    if (this.#from < i) this.#sink?.append(chunk.subarray(this.#from, i));
    this.#from = i;
    this.#sink = sink;
  }

  /** Takes in the key's bytes between two places, or up to its closing quote. */
  #readKey(chunk: Buffer, start: number, end: number): void {
    const stop = this.#inString ? end : end - 1;
    if (this.#key.length <= maxKeyBytes)
      this.#key += chunk.toString('latin1', start, Math.min(stop, start + maxKeyBytes + 1));
    if (this.#inString) return;
    this.#readsKey = false;
    this.#expectsKey = false;
    this.#keyIsItems = isNamed(this.#key, this.#listName);
    if (!this.#keyIsItems) return;
    // A parser takes the last of two: what was cut out of the first would be leaves of nothing.
    if (this.#place === inRoot ? this.#rootHadItems : this.#pageHadItems)
      throw new UnreadableDocumentError(`holds "${this.#listName}" twice`);
    if (this.#place === inRoot) this.#rootHadItems = true;
    else this.#pageHadItems = true;
  }
}

/** The longest way to write `items` in JSON: every letter escaped. */
const maxKeyBytes = 30;

function isNamed(key: string, name: string): boolean {
  if (!key.includes('\\') || key.length > maxKeyBytes) return key === name;
  try {
    return JSON.parse(`"${key}"`) === name;
  } catch {
    // No string at all: the parse of the skeleton will say so.
    return false;
  }
}
