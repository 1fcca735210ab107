import { GrowingBytes } from './growing-bytes.js';
import { UnreadableDocumentError } from './json-document.js';
import {
  backslash,
  byteOrderMark,
  closeBrace,
  closeBracket,
  comma,
  isSpace,
  openAngle,
  openBrace,
  openBracket,
  quote,
} from './json-bytes.js';

export interface MemberSplitterOptions {
  /** Gets each member of the root object as soon as it is complete. A name may come twice. */
  readonly onMember: (name: string, value: unknown) => void;
  /** Brackets inside brackets. */
  readonly maxDepth?: number;
  readonly maxMemberBytes?: number;
}

/**
 * Cuts a JSON document whose root is one large object into its members while it arrives, and parses each by itself: a document of many MB
 * is never parsed in one go and never held whole. Only strings and brackets are read here; the parse of each member tells whether it is JSON.
 * An empty array at the root is taken for an empty object.
 */
export class MemberSplitter {
  readonly #onMember: MemberSplitterOptions['onMember'];
  readonly #maxDepth: number;
  readonly #member: GrowingBytes;
  #markBytes = 0;
  #depth = 0;
  #root: 'ahead' | 'object' | 'array' | 'closed' = 'ahead';
  #inString = false;
  #escaped = false;
  /** Whether the member at hand has begun: something other than white space came. */
  #hasBegun = false;
  /** A comma came: a member must follow. */
  #isDue = false;

  constructor(options: MemberSplitterOptions) {
    this.#onMember = options.onMember;
    this.#maxDepth = options.maxDepth ?? 64;
    this.#member = new GrowingBytes(options.maxMemberBytes ?? 2 * 1024 * 1024, 'holds a member that is too large');
  }

  /**
   * The next bytes of the document, cut anywhere.
   * @throws UnreadableDocumentError when this is no JSON object, or passes the limits
   */
  push(chunk: Buffer): void {
    let from = 0;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] as number;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === backslash) this.#escaped = true;
        else if (byte === quote) this.#inString = false;
        continue;
      }
      if (this.#root !== 'object') {
        this.#stepOutside(byte);
        from = i + 1;
        continue;
      }
      if (isSpace(byte)) continue;
      const endsMember = this.#depth === 1 && (byte === comma || byte === closeBrace);
      if (endsMember) {
        this.#close(chunk.subarray(from, i), byte === comma);
        from = i + 1;
        if (byte === closeBrace) this.#root = 'closed';
        continue;
      }
      this.#hasBegun = true;
      if (byte === quote) this.#inString = true;
      else if (byte === openBrace || byte === openBracket) {
        if (++this.#depth > this.#maxDepth) throw new UnreadableDocumentError('is nested too deeply');
      } else if (byte === closeBrace || byte === closeBracket) this.#depth--;
    }
    if (this.#root === 'object' && from < chunk.length) this.#member.append(chunk.subarray(from));
  }

  /** The document is complete. @throws UnreadableDocumentError when it ends early */
  end(): void {
    if (this.#root === 'ahead') throw new UnreadableDocumentError('is empty');
    if (this.#root !== 'closed') throw new UnreadableDocumentError('is JSON that ends in the middle');
  }

  #stepOutside(byte: number): void {
    if (this.#root === 'ahead' && this.#markBytes < 3 && byte === byteOrderMark[this.#markBytes]) this.#markBytes++;
    else if (isSpace(byte)) return;
    else if (this.#root === 'ahead' && byte === openBrace) {
      this.#root = 'object';
      this.#depth = 1;
    } else if (this.#root === 'ahead' && byte === openBracket) this.#root = 'array';
    else if (this.#root === 'array' && byte === closeBracket) this.#root = 'closed';
    else if (this.#root === 'ahead' && byte === openAngle) throw new UnreadableDocumentError('is markup, not JSON');
    else throw new UnreadableDocumentError(this.#root === 'closed' ? 'goes on after its end' : 'is not a JSON object');
  }

  #close(last: Buffer, isDue: boolean): void {
    const text = this.#member.take(last);
    const hadBegun = this.#hasBegun;
    const wasDue = this.#isDue;
    this.#hasBegun = false;
    this.#isDue = isDue;
    if (!hadBegun) {
      if (isDue || wasDue) throw new UnreadableDocumentError('is not valid JSON');
      return;
    }
    const [member, ...more] = Object.entries(parseMember(text));
    if (member === undefined || more.length > 0) throw new UnreadableDocumentError('is not valid JSON');
    this.#onMember(member[0], member[1]);
  }
}

function parseMember(text: Buffer): object {
  try {
    return JSON.parse(`{${text.toString('utf8')}}`) as object;
  } catch (error) {
    throw new UnreadableDocumentError('is not valid JSON', { cause: error });
  }
}
