import { isJsonObject } from '../../codec/json-document.js';
import type { JsonObject } from '../../codec/json-document.js';
import { found, refused } from '../../feed/answer.js';
import type { Answer } from '../../feed/answer.js';
import type { Ask } from '../../feed/source.js';
import type { Document, Transport } from '../transport/transport.js';
import { concurrently } from '../concurrently.js';
import { readRegistrationPage } from './registration-document.js';
import type { RegistrationDocument } from './registration-document.js';
import { resolveAddress } from './resource-address.js';

const maxPagesAtOnce = 8;

export interface PageLimits {
  readonly source: string;
  readonly maxVersionsPerId: number;
  /** Over all pages of an id together. */
  readonly maxDocumentBytes: number;
}

/** One page as its index tells of it: with its leaves, or with the address to ask for them. */
type Page = { readonly leaves: readonly Buffer[] } | { readonly address: URL };

/**
 * The leaves of a registration index in its own order: those it holds, and those of the pages it names, which are asked at the address
 * that stands there (`registration-base-url-resource.md`; protocol A.3.2).
 *
 * @param wants whether a page that would have to be asked for is needed
 * @returns `missing` when a page it names is not there: the index is older than the pages
 */
export async function collectLeaves(
  transport: Transport,
  index: Document<RegistrationDocument>,
  limits: PageLimits,
  { signal, urgency }: Pick<Ask, 'signal' | 'urgency'>,
  wants: (page: JsonObject) => boolean = () => true,
): Promise<Answer<readonly Buffer[]>> {
  const { source } = limits;
  const pages = readPages(index, wants);
  if (pages === undefined)
    return refused({ source, code: 'source-refused', detail: 'its registration names a page without an address' });
  if (pages.length > limits.maxVersionsPerId) return tooLarge(limits);
  const room = new Room(limits);
  const giveUp = new AbortController();
  const either = signal === undefined ? giveUp.signal : AbortSignal.any([signal, giveUp.signal]);
  const pageAsk = { signal: either, ...(urgency && { urgency }) };

  const fetchPage = async (page: Page): Promise<readonly Buffer[]> => {
    const answer = 'leaves' in page ? found(page.leaves) : await askPage(transport, page.address, source, pageAsk);
    if (answer.kind !== 'found') throw giveUpWith(answer, giveUp);
    if (!room.take(answer.value)) throw giveUpWith(tooLarge(limits), giveUp);
    return answer.value;
  };
  try {
    return found((await concurrently(pages, maxPagesAtOnce, fetchPage)).flat());
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof GaveUp) return error.answer;
    throw error;
  }
}

function readPages(
  { value, url }: Document<RegistrationDocument>,
  wants: (page: JsonObject) => boolean,
): Page[] | undefined {
  const elements: readonly unknown[] = Array.isArray(value.skeleton['items']) ? value.skeleton['items'] : [];
  if (elements.length === 0) return value.leavesByPage.map((leaves) => ({ leaves }));
  const pages: Page[] = [];
  const asked = new Set<string>();
  for (const [place, page] of elements.entries()) {
    if (!isJsonObject(page)) continue;
    if (Array.isArray(page['items'])) {
      pages.push({ leaves: value.leavesByPage[place] ?? [] });
      continue;
    }
    if (!wants(page)) continue;
    const address = resolveAddress(page['@id'], url);
    if (address === undefined) return undefined;
    address.hash = '';
    if (asked.has(address.href)) continue;
    asked.add(address.href);
    pages.push({ address });
  }
  return pages;
}

/** Some servers give the index's own address for a page: then the leaves that stand in it count. */
async function askPage(
  transport: Transport,
  address: URL,
  source: string,
  ask: Ask,
): Promise<Answer<readonly Buffer[]>> {
  const answer = await transport.document(address, ask, readRegistrationPage);
  if (answer.kind === 'unchanged')
    return refused({ source, code: 'source-refused', detail: 'answered 304 without being asked' });
  if (answer.kind !== 'found') return answer;
  const leaves = answer.value.value.leavesByPage.flat();
  if (leaves.length > 0) return found(leaves);
  return refused({ source, code: 'source-refused', detail: 'its registration names a page that holds no version' });
}

/** What an id may take in all. */
class Room {
  #versions = 0;
  #bytes = 0;

  constructor(private readonly limits: PageLimits) {}

  take(leaves: readonly Buffer[]): boolean {
    this.#versions += leaves.length;
    for (const leaf of leaves) this.#bytes += leaf.length;
    return this.#versions <= this.limits.maxVersionsPerId && this.#bytes <= this.limits.maxDocumentBytes;
  }
}

function tooLarge({ source, maxVersionsPerId, maxDocumentBytes }: PageLimits) {
  return refused({
    source,
    code: 'too-large',
    detail: `its registration passes ${maxVersionsPerId} versions or ${maxDocumentBytes} bytes`,
  });
}

/** Ends the other pages' requests: their answers no longer matter. */
class GaveUp extends Error {
  constructor(readonly answer: Exclude<Answer<never>, { kind: 'found' }>) {
    super('gave up');
  }
}

function giveUpWith(answer: GaveUp['answer'], controller: AbortController): GaveUp {
  const error = new GaveUp(answer);
  controller.abort(error);
  return error;
}
