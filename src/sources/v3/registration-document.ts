import { UnreadableDocumentError, isJsonObject } from '../../codec/json-document.js';
import type { JsonObject } from '../../codec/json-document.js';
import { readJson } from '../transport/json-reader.js';

/** A registration index or page with its leaves taken out, so that nobody has to hold it parsed as a whole. */
export interface RegistrationDocument {
  /** The document without its leaves: pages keep their place, and the pages that held leaves have `items: []`. */
  readonly skeleton: JsonObject;
  /** JSON bytes of each leaf, by the page's place in `items`; those of a document that is itself a page stand at 0. */
  readonly leavesByPage: readonly (readonly Buffer[])[];
}

/** @throws UnreadableDocumentError */
export async function readRegistrationDocument(bytes: AsyncIterable<Buffer>): Promise<RegistrationDocument> {
  const document = await readJson(bytes);
  // Without its list it is something else (an error in disguise, say), and does not tell that there is nothing.
  if (!Array.isArray(document['items'])) throw new UnreadableDocumentError('is not a registration');
  const elements: unknown[] = document['items'];
  if (elements.some(isLeaf)) {
    return { skeleton: { ...document, items: [] }, leavesByPage: [elements.map(toBytes)] };
  }
  const leavesByPage: Buffer[][] = [];
  const pages = elements.map((page, place) => {
    const leaves: unknown = isJsonObject(page) ? page['items'] : undefined;
    leavesByPage[place] = Array.isArray(leaves) ? leaves.map(toBytes) : [];
    return Array.isArray(leaves) ? { ...(page as JsonObject), items: [] } : page;
  });
  return { skeleton: { ...document, items: pages }, leavesByPage };
}

function isLeaf(element: unknown): boolean {
  return isJsonObject(element) && 'catalogEntry' in element;
}

function toBytes(leaf: unknown): Buffer {
  return Buffer.from(JSON.stringify(leaf));
}
