/** Deeper than any NuGet document: such nesting is an attack or an accident. */
const maxDepth = 64;

export type JsonObject = Readonly<Record<string, unknown>>;

/** What came is not the document that was asked for. The message completes "the answer …": `is an HTML page, not JSON`. */
export class UnreadableDocumentError extends Error {
  override readonly name = 'UnreadableDocumentError';
}

/**
 * Reads a JSON document as real servers send it: UTF-8, with or without a byte order mark, its root an object.
 * Blocks for about 2.5 ms per MB: not for documents of many MB.
 *
 * @throws UnreadableDocumentError
 */
export function parseJsonDocument(bytes: Buffer): JsonObject {
  return parseRoot(bytes, openBrace, 'is not a JSON object') as JsonObject;
}

/** The same for a document whose root is an array. @throws UnreadableDocumentError */
export function parseJsonArray(bytes: Buffer): readonly unknown[] {
  return parseRoot(bytes, openBracket, 'is not a JSON array') as readonly unknown[];
}

function parseRoot(bytes: Buffer, opening: number, complaint: string): unknown {
  const text = withoutByteOrderMark(bytes);
  const first = firstMark(text);
  if (first === undefined) throw new UnreadableDocumentError('is empty');
  if (first === openAngle) throw new UnreadableDocumentError(nameMarkup(text));
  if (first !== opening) throw new UnreadableDocumentError(complaint);
  const isWhole = endsWhole(text);
  try {
    return JSON.parse(text.toString('utf8'));
  } catch {
    throw new UnreadableDocumentError(isWhole ? 'is not valid JSON' : 'is JSON that ends in the middle');
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const openAngle = 0x3c;
const openBrace = 0x7b;
const openBracket = 0x5b;
const closeBrace = 0x7d;
const closeBracket = 0x5d;
const quote = 0x22;
const backslash = 0x5c;

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function firstMark(text: Buffer): number | undefined {
  return text.find((byte) => byte > 0x20);
}

function nameMarkup(text: Buffer): string {
  const opening = text.toString('latin1', 0, 1024);
  return /<(!doctype\s+html|html|head|body)/i.test(opening) ? 'is an HTML page, not JSON' : 'is markup, not JSON';
}

/** Whether everything opened is closed. @throws UnreadableDocumentError when it is nested too deeply */
function endsWhole(text: Buffer): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const byte = text[i];
    if (byte === quote) {
      i = endOfString(text, i + 1);
      if (i < 0) return false;
    } else if (byte === openBrace || byte === openBracket) {
      if (++depth > maxDepth) throw new UnreadableDocumentError('is nested too deeply');
    } else if (byte === closeBrace || byte === closeBracket) depth--;
  }
  return depth <= 0;
}

/** Place of the closing quote, or -1. */
function endOfString(text: Buffer, from: number): number {
  let end = text.indexOf(quote, from);
  while (end > 0) {
    let escapes = 0;
    while (text[end - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return end;
    end = text.indexOf(quote, end + 1);
  }
  return -1;
}
