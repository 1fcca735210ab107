import { isJsonObject, UnreadableDocumentError } from '../../codec/json-document.js';
import type { JsonObject } from '../../codec/json-document.js';
import { RegistrationSplitter } from '../../codec/registration-splitter.js';

/** A registration index or page with its leaves taken out as it arrived, so that nobody holds it parsed as a whole. */
export interface RegistrationDocument {
  /** The document without its leaves: pages keep their place, and the pages that held leaves have `items: []`. */
  readonly skeleton: JsonObject;
  /** JSON bytes of each leaf, by the page's place in `items`; those of a document that is itself a page stand at 0. */
  readonly leavesByPage: readonly (readonly Buffer[])[];
}

/** Reads the document that an id's registration begins with. @throws UnreadableDocumentError */
export async function readRegistrationIndex(bytes: AsyncIterable<Buffer>): Promise<RegistrationDocument> {
  const { skeleton, leavesByPage } = await split(bytes, 'index');
  const elements: readonly unknown[] = Array.isArray(skeleton['items']) ? skeleton['items'] : [];
  if (!elements.some(isLeaf)) return { skeleton, leavesByPage };
  // A server that answers with a page where an index belongs.
  return {
    skeleton: { ...skeleton, items: [] },
    leavesByPage: [elements.map((leaf) => Buffer.from(JSON.stringify(leaf)))],
  };
}

/** Reads a page, or the index that some servers answer with in its place. @throws UnreadableDocumentError */
export function readRegistrationPage(bytes: AsyncIterable<Buffer>): Promise<RegistrationDocument> {
  return split(bytes, 'page');
}

async function split(bytes: AsyncIterable<Buffer>, kind: 'index' | 'page'): Promise<RegistrationDocument> {
  const leavesByPage: Buffer[][] = [];
  const splitter = new RegistrationSplitter({
    kind,
    onLeaf: (page, leaf) => {
      const element = parseLeaf(leaf);
      // In place of a page some servers answer with an index: what stands there is no leaf.
      if (kind === 'page' && !isLeaf(element)) return;
      // Copied: the bytes may be a view of what arrived.
      (leavesByPage[page] ??= []).push(Buffer.from(leaf));
    },
  });
  for await (const piece of bytes) splitter.push(piece);
  const skeleton = splitter.end() as JsonObject;
  // Without its list it is something else (an error in disguise, say), and does not tell that there is nothing.
  // Some servers write null where there is nothing.
  if (skeleton['items'] !== null && !Array.isArray(skeleton['items']))
    throw new UnreadableDocumentError('is not a registration');
  // A page without leaves leaves a hole, which `flat` and `map` would pass over differently.
  return { skeleton, leavesByPage: Array.from(leavesByPage, (leaves) => leaves ?? []) };
}

/** The splitter reads brackets and strings only. What is no JSON is refused here, where it is still the answer of a source. */
function parseLeaf(leaf: Buffer): unknown {
  try {
    return JSON.parse(leaf.toString('utf8'));
  } catch {
    throw new UnreadableDocumentError('is not valid JSON');
  }
}

function isLeaf(element: unknown): boolean {
  return isJsonObject(element) && 'catalogEntry' in element;
}
