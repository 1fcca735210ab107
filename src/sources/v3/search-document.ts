import { setImmediate as nextTurn } from 'node:timers/promises';
import { UnreadableDocumentError } from '../../codec/json-document.js';
import type { JsonObject } from '../../codec/json-document.js';
import { RegistrationSplitter } from '../../codec/registration-splitter.js';
import type { CompletionPage, SearchPage } from '../../feed/source.js';
import { readCount } from '../../nuget/lenient-json.js';
import { PackageId } from '../../nuget/package-id.js';
import { readSearchHit } from '../../nuget/search-hit.js';
import type { IsOwnAddress, SearchHit } from '../../nuget/search-hit.js';

/** Bytes parsed between two turns of the event loop: about 2 ms. A single result may have some thousand versions. */
const sliceBytes = 500_000;

/**
 * Reads a page of search results, each result by itself: a page with many versions is never parsed in one go.
 *
 * @throws UnreadableDocumentError without a list: such an answer (an error in disguise, say) does not tell that nothing was found
 */
export async function readSearchPage(bytes: AsyncIterable<Buffer>, isOwnAddress: IsOwnAddress): Promise<SearchPage> {
  const { elements, skeleton, size } = await cut(bytes);
  const hits: SearchHit[] = [];
  let parsedBytes = 0;
  for (const element of elements) {
    parsedBytes += element.length;
    if (parsedBytes > sliceBytes) {
      parsedBytes = 0;
      await nextTurn();
    }
    const hit = readSearchHit(parse(element), isOwnAddress);
    if (hit !== undefined) hits.push(hit);
  }
  return { hits, count: elements.length, bytes: size, ...totalOf(skeleton) };
}

/** Reads a list of ids; what is no id is left out. @throws UnreadableDocumentError without a list */
export async function readCompletions(bytes: AsyncIterable<Buffer>): Promise<CompletionPage> {
  const { elements, skeleton, size } = await cut(bytes);
  const ids = elements.flatMap((element) => PackageId.tryParse(parse(element)) ?? []);
  return { ids, count: elements.length, bytes: size, ...totalOf(skeleton) };
}

async function cut(
  bytes: AsyncIterable<Buffer>,
): Promise<{ readonly elements: readonly Buffer[]; readonly skeleton: JsonObject; readonly size: number }> {
  const elements: Buffer[] = [];
  let size = 0;
  const splitter = new RegistrationSplitter({
    kind: 'page',
    listName: 'data',
    // Copied: the bytes may be a view of what arrived.
    onLeaf: (_, element) => elements.push(Buffer.from(element)),
  });
  for await (const piece of bytes) {
    size += piece.length;
    splitter.push(piece);
  }
  const skeleton = splitter.end() as JsonObject;
  // Some servers write null where there is nothing.
  if (skeleton['data'] !== null && !Array.isArray(skeleton['data']))
    throw new UnreadableDocumentError('is not a search result');
  return { elements, skeleton, size };
}

function totalOf(skeleton: JsonObject): { totalHits?: number } {
  const totalHits = readCount(skeleton['totalHits']);
  return totalHits === undefined ? {} : { totalHits };
}

function parse(element: Buffer): unknown {
  try {
    return JSON.parse(element.toString('utf8'));
  } catch {
    throw new UnreadableDocumentError('is not valid JSON');
  }
}
