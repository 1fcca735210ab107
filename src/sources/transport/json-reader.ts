import { parseJsonDocument } from '../../codec/json-document.js';
import type { JsonObject } from '../../codec/json-document.js';

/** More than any service index or single leaf has, and little enough to parse at once: 4 MB take about 10 ms. */
export const smallDocumentBytes = 4_000_000;

/** Reads a small document as a whole. @throws UnreadableDocumentError */
export async function readJson(bytes: AsyncIterable<Buffer>): Promise<JsonObject> {
  return parseJsonDocument(await readWhole(bytes));
}

export async function readWhole(bytes: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
}
