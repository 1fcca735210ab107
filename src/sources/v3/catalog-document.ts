import { setImmediate as nextTurn } from 'node:timers/promises';
import { UnreadableDocumentError, isJsonObject } from '../../codec/json-document.js';
import { RegistrationSplitter } from '../../codec/registration-splitter.js';
import { readCatalogEvent } from '../../nuget/catalog-event.js';
import type { CatalogEvent } from '../../nuget/catalog-event.js';
import { readCommitTime } from '../../nuget/commit-time.js';
import type { CommitTime } from '../../nuget/commit-time.js';

/** Bytes read between two turns of the event loop: about 1 ms. */
const sliceBytes = 64 * 1024;
const maxTold = 10;

/** A page as the catalog's index names it. */
export interface CatalogPageMark {
  /** As written. */
  readonly address: string;
  /** Of its newest event. */
  readonly at: CommitTime;
  /** Items on it; absent where the index does not say. */
  readonly count?: number;
}

export interface CatalogIndex {
  /** The newest pages, oldest first: those after the place asked for, and no more than were asked for. */
  readonly pages: readonly CatalogPageMark[];
  /** The most events that a page other than the newest has. */
  readonly fullCount: number | undefined;
  /** What is no page, shortened. */
  readonly junk: readonly string[];
}

export interface CatalogPage {
  readonly events: readonly CatalogEvent[];
  /** Everything on it, older events included. */
  readonly count: number;
  readonly junk: readonly string[];
}

/** What is to be taken of a document. */
export interface CatalogSpan {
  /** What is not newer is left out. */
  readonly after: CommitTime;
  /** What is newer is no time of this world: one such event would move the cursor behind everything to come. */
  readonly notAfter: CommitTime;
}

/**
 * Reads a catalog's index. Its pages stand in no order, and there are tens of thousands: each is read by itself as it arrives, and only the
 * newest stay.
 * @throws UnreadableDocumentError
 */
export async function readCatalogIndex(
  bytes: AsyncIterable<Buffer>,
  { after, notAfter }: CatalogSpan,
  maxPages: number,
): Promise<CatalogIndex> {
  const junk: string[] = [];
  let pages: CatalogPageMark[] = [];
  let newest: CatalogPageMark | undefined;
  let fullCount: number | undefined;
  const noteFull = (count: number | undefined) => {
    if (count !== undefined) fullCount = Math.max(fullCount ?? 0, count);
  };
  await eachElement(bytes, (element) => {
    const mark = readMark(element);
    if (mark === undefined || mark.at > notAfter) return tell(junk, element);
    if (newest === undefined || mark.at > newest.at) {
      noteFull(newest?.count);
      newest = mark;
    } else noteFull(mark.count);
    if (mark.at <= after) return;
    pages.push(mark);
    if (pages.length > 2 * maxPages) pages = newestOf(pages, maxPages);
  });
  return { pages: newestOf(pages, maxPages), fullCount, junk };
}

/** Reads a page: its events in the order of their commits. @throws UnreadableDocumentError */
export async function readCatalogPage(
  bytes: AsyncIterable<Buffer>,
  { after, notAfter }: CatalogSpan,
): Promise<CatalogPage> {
  const events: CatalogEvent[] = [];
  const junk: string[] = [];
  const count = await eachElement(bytes, (element) => {
    const event = readCatalogEvent(element);
    if (event === undefined || event.at > notAfter) tell(junk, element);
    else if (event.at > after) events.push(event);
  });
  return { events: events.sort(byTime), count, junk };
}

/** For `sort`. */
export const byTime = (a: { readonly at: CommitTime }, b: { readonly at: CommitTime }): number =>
  a.at < b.at ? -1 : a.at > b.at ? 1 : 0;

function readMark(element: unknown): CatalogPageMark | undefined {
  if (!isJsonObject(element)) return undefined;
  const address = element['@id'];
  const at = readCommitTime(element['commitTimeStamp']);
  const count = element['count'];
  if (typeof address !== 'string' || address === '' || at === undefined) return undefined;
  return { address, at, ...(typeof count === 'number' && { count }) };
}

const newestOf = (pages: readonly CatalogPageMark[], count: number) => [...pages].sort(byTime).slice(-count);

function tell(junk: string[], element: unknown): void {
  if (junk.length < maxTold) junk.push((JSON.stringify(element) ?? '').slice(0, 200));
}

/** Gives each element of the root's `items`. @returns how many there are */
async function eachElement(bytes: AsyncIterable<Buffer>, take: (element: unknown) => void): Promise<number> {
  let count = 0;
  const splitter = new RegistrationSplitter({
    kind: 'page',
    onLeaf: (_, element) => {
      count++;
      take(parse(element));
    },
  });
  let sinceTurn = 0;
  for await (const piece of bytes) {
    for (let start = 0; start < piece.length; start += sliceBytes) {
      const slice = piece.subarray(start, start + sliceBytes);
      sinceTurn += slice.length;
      if (sinceTurn > sliceBytes) {
        sinceTurn = slice.length;
        await nextTurn();
      }
      splitter.push(slice);
    }
  }
  const skeleton = splitter.end();
  if (!isJsonObject(skeleton) || !Array.isArray(skeleton['items']))
    throw new UnreadableDocumentError('is no document of a catalog');
  return count;
}

function parse(element: Buffer): unknown {
  try {
    return JSON.parse(element.toString('utf8'));
  } catch (error) {
    throw new UnreadableDocumentError('is not valid JSON', { cause: error });
  }
}
