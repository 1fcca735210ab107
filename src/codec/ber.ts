/** One element of BER (X.690): its tag byte and its content. */
export interface BerElement {
  readonly tag: number;
  readonly content: Buffer;
}

/** Bytes that are no BER of the kind that is read here. The message completes "it …". */
export class BerError extends Error {
  override readonly name = 'BerError';
}

export const berTag = {
  octetString: 0x04,
  objectIdentifier: 0x06,
  constructedOctetString: 0x24,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context1: 0xa1,
} as const;

/** Far above what a list in a signature has. */
const maxElements = 4_096;
const endOfContent = 0;

/**
 * The elements that lie one behind the other in `bytes`, without what lies inside them: nothing here recurses, and the work is bounded by
 * `maxElements`. Lengths may be indefinite, as Windows writes some.
 *
 * @throws BerError
 */
export function readBer(bytes: Buffer): BerElement[] {
  const elements: BerElement[] = [];
  for (let at = 0; at < bytes.length;) {
    if (elements.length >= maxElements) throw new BerError('has a list that is too long');
    const { tag, start, length } = readHeader(bytes, at);
    const end = length === undefined ? endOfIndefinite(bytes, start) : start + length;
    elements.push({ tag, content: bytes.subarray(start, end) });
    at = length === undefined ? end + 2 : end;
  }
  return elements;
}

/** The content of the one element with that tag. @throws BerError when `element` is another one, or is not there */
export function contentOf(element: BerElement | undefined, tag: number): Buffer {
  if (element?.tag !== tag) throw new BerError('is built otherwise than a signature');
  return element.content;
}

interface Header {
  readonly tag: number;
  /** Where the content begins. */
  readonly start: number;
  /** Absent: up to its own end mark. */
  readonly length?: number;
}

function readHeader(bytes: Buffer, at: number): Header {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined) throw new BerError('ends within an element');
  if ((tag & 0x1f) === 0x1f) throw new BerError('has a tag of several bytes');
  if (first === 0x80) return { tag, start: at + 2 };
  const size = first < 0x80 ? 0 : first & 0x7f;
  const start = at + 2 + size;
  if (size > 4 || start > bytes.length) throw new BerError('has a length that cannot be');
  const length = size === 0 ? first : bytes.readUIntBE(at + 2, size);
  if (start + length > bytes.length) throw new BerError('ends within an element');
  return { tag, start, length };
}

/** @returns where the end mark lies that belongs to what begins at `start` */
function endOfIndefinite(bytes: Buffer, start: number): number {
  let open = 1;
  for (let at = start, count = 0; count < maxElements; count++) {
    const { tag, start: inner, length } = readHeader(bytes, at);
    if (tag === endOfContent && length === 0) {
      if (--open === 0) return at;
    } else if (length === undefined) open++;
    at = inner + (length ?? 0);
  }
  throw new BerError('has a list that is too long');
}
