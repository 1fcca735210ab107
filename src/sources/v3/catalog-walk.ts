import { found, missing, refused } from '../../feed/answer.js';
import type { Answer, Failed, Refused } from '../../feed/answer.js';
import type { CatalogNews, CatalogQuestion, Validators } from '../../feed/source.js';
import { commitTimeAt, earlier } from '../../nuget/commit-time.js';
import type { CommitTime } from '../../nuget/commit-time.js';
import { concurrently } from '../concurrently.js';
import type { Document, Transport } from '../transport/transport.js';
import { byTime, readCatalogIndex, readCatalogPage } from './catalog-document.js';
import type { CatalogIndex, CatalogPage, CatalogSpan } from './catalog-document.js';
import { resolveAddress } from './resource-address.js';

const maxIndexBytes = 64_000_000;
const maxPageBytes = 16_000_000;
const pagesAtOnce = 4;
/** How often the newest page alone is read before the index is read again. */
const readsOfTip = 7;
/** A page with so much of what others hold may be the last but one already. */
const nearlyFull = 0.9;

/** Up to where the catalog was read, and with what the documents can be asked for again without their bodies. */
interface Seen {
  readonly address: string;
  /** Everything up to here is on other pages than the tip, or was told. */
  readonly upTo: CommitTime;
  readonly validators: Validators;
  readonly fullCount: number | undefined;
  /** Absent where it was not read yet. */
  tip?: Tip;
  tipReads: number;
}

/** The newest page, which is the one that grows. */
interface Tip {
  readonly url: URL;
  readonly count: number;
  /** Of its newest event. */
  readonly at: CommitTime;
  readonly validators: Validators;
}

type NewsAnswer = Answer<CatalogNews>;

/**
 * Reads what is new in one source's catalog (`catalog-resource.md`): the index, and of its pages those with news. The index of a large
 * catalog has several MB, so between two readings of it only the newest page is asked for, as long as that is far from full.
 */
export class CatalogWalk {
  #seen: Seen | undefined;

  constructor(
    private readonly transport: Transport,
    private readonly limits: { readonly source: string; readonly maxDocumentBytes: number },
  ) {}

  async news(address: URL, question: CatalogQuestion, signal: AbortSignal | undefined): Promise<NewsAnswer> {
    const after = question.since?.url === address.href ? question.since.after : undefined;
    const notAfter = commitTimeAt(question.notAfterMs);
    if (after !== undefined) {
      const fromTip = await this.#ofTip(address, { after, notAfter }, signal);
      if (fromTip !== undefined) return fromTip;
    }
    return this.#ofIndex(address, after, notAfter, question, signal);
  }

  /** What the newest page tells, where that is enough to know. */
  async #ofTip(address: URL, span: CatalogSpan, signal: AbortSignal | undefined): Promise<NewsAnswer | undefined> {
    const seen = this.#seen;
    if (seen === undefined || seen.address !== address.href || span.after < seen.upTo) return undefined;
    const { tip, fullCount } = seen;
    if (tip === undefined || fullCount === undefined) return undefined;
    if (seen.tipReads >= readsOfTip || tip.count >= fullCount * nearlyFull) return undefined;
    seen.tipReads++;
    const page = await this.#page(tip.url, span, signal, span.after >= tip.at ? tip.validators : undefined);
    if (page === undefined) return found(this.#nothingNew(address, span.after));
    // Gone: the index knows what came in its place.
    if (page.kind === 'missing') return undefined;
    if (page.kind !== 'found') return page;
    const { events, junk } = page.value.value;
    const cursor = events.at(-1)?.at ?? span.after;
    seen.tip = tipOf(page.value, cursor);
    // A newer page may be there by now.
    if (seen.tip.count >= fullCount * nearlyFull) return undefined;
    return found({ url: address.href, cursor, events, isWhole: true, junk });
  }

  async #ofIndex(
    address: URL,
    after: CommitTime | undefined,
    notAfter: CommitTime,
    { lookBackMs, maxPages }: CatalogQuestion,
    signal: AbortSignal | undefined,
  ): Promise<NewsAnswer> {
    const { source } = this.limits;
    const mayBeUnchanged =
      after !== undefined && this.#seen?.address === address.href && after >= this.#seen.upTo && this.#seen.validators;
    const ask = { ...(signal && { signal }), ...(mayBeUnchanged && { validators: mayBeUnchanged }) };
    const index = await this.transport.document(
      address,
      ask,
      (bytes) => readCatalogIndex(bytes, { after: after ?? '', notAfter }, maxPages + 1),
      Math.min(maxIndexBytes, this.limits.maxDocumentBytes),
    );
    if (index.kind === 'unchanged') {
      if (this.#seen) this.#seen.tipReads = 0;
      return after === undefined
        ? this.#refused('answered 304 without being asked')
        : found(this.#nothingNew(address, after));
    }
    if (index.kind === 'missing') return this.#refused(`the catalog that ${source} offers is not there`);
    if (index.kind !== 'found') return index;

    const all = index.value.value.pages;
    const newest = all.at(-1)?.at ?? after ?? '';
    const isWhole = after !== undefined && all.length <= maxPages;
    const from = isWhole ? after : earlier(newest, lookBackMs);
    const wanted = all.filter(({ at }) => at > from).slice(-maxPages);
    const pages = await this.#pages(index.value, wanted, { after: from, notAfter }, signal);
    if (pages.kind !== 'found') return pages;
    const events = pages.value.flatMap(({ value }) => value.events).sort(byTime);
    const last = events.at(-1)?.at;
    const cursor = last ?? (isWhole ? after : newest);
    const read = pages.value.at(-1);
    // Without a page that has news, the newest one is still the one that was read last.
    this.#remember(address, index.value, read ? tipOf(read, cursor) : this.#seen?.tip, cursor);
    return found({
      url: address.href,
      cursor,
      events,
      isWhole,
      junk: [...index.value.value.junk, ...pages.value.flatMap(({ value }) => value.junk)],
    });
  }

  #remember(address: URL, index: Document<CatalogIndex>, tip: Tip | undefined, upTo: CommitTime): void {
    const { fullCount } = index.value;
    const { validators } = index;
    this.#seen = { address: address.href, upTo, validators, fullCount, tipReads: 0, ...(tip && { tip }) };
  }

  async #pages(
    index: Document<CatalogIndex>,
    marks: CatalogIndex['pages'],
    span: CatalogSpan,
    signal: AbortSignal | undefined,
  ): Promise<Answer<readonly Document<CatalogPage>[]>> {
    let trouble: Refused | Failed | undefined;
    const pages = await concurrently(marks, pagesAtOnce, async ({ address }) => {
      const url = resolveAddress(address, index.url);
      if (trouble !== undefined) return undefined;
      const page = url ? await this.#page(url, span, signal) : missing;
      if (page?.kind === 'found') return page.value;
      trouble =
        page === undefined || page.kind === 'missing'
          ? this.#refused('its catalog names a page that it does not have')
          : page;
      return undefined;
    });
    return trouble ?? found(pages.flatMap((page) => page ?? []));
  }

  /** @returns `undefined` when it is as it was */
  async #page(
    url: URL,
    span: CatalogSpan,
    signal: AbortSignal | undefined,
    validators?: Validators,
  ): Promise<Answer<Document<CatalogPage>> | undefined> {
    const ask = { ...(signal && { signal }), ...(validators && { validators }) };
    const read = (bytes: AsyncIterable<Buffer>) => readCatalogPage(bytes, span);
    const page = await this.transport.document(url, ask, read, Math.min(maxPageBytes, this.limits.maxDocumentBytes));
    return page.kind === 'unchanged' ? undefined : page;
  }

  #nothingNew(address: URL, after: CommitTime): CatalogNews {
    return { url: address.href, cursor: after, events: [], isWhole: true, junk: [] };
  }

  #refused(detail: string): Refused {
    return refused({ source: this.limits.source, code: 'source-refused', detail });
  }
}

function tipOf({ value, url, validators }: Document<CatalogPage>, at: CommitTime): Tip {
  return { url, count: value.count, at, validators };
}
