import type { IncomingMessage } from 'node:http';

import type { Answer } from '../feed/answer.js';
import type { FeedDocument } from '../feed/feed.js';
import type { Clock } from '../ops/clock.js';
import type { AppContext } from './app.js';
import { acceptedEncoding, encodeBody, sendDocument } from './finished-document.js';
import type { FinishedDocument } from './finished-document.js';
import type { HotDocuments } from './hot-documents.js';
import { problemOf, ProblemError, toldOfSource } from './problem.js';

export interface DocumentSending {
  readonly hot: HotDocuments;
  readonly clock: Clock;
  readonly publicBase: (req: IncomingMessage) => string;
  readonly isPrivate: (source: string) => boolean;
}

/** The value, or the problem that the answer is. @throws ProblemError */
export function foundOr<T>(answer: Answer<T>, notFound: string): T {
  switch (answer.kind) {
    case 'found':
      return answer.value;
    case 'missing':
      throw new ProblemError({ code: 'not-found', detail: notFound });
    case 'refused':
    case 'failed':
      throw new ProblemError(problemOf(answer.reason));
  }
}

/**
 * Sends a feed's document and remembers it where it is whole and fresh.
 *
 * @param ownPath the document's address below the base, as we make it: only that one is remembered
 */
export async function sendFeedDocument(
  ctx: AppContext,
  document: FeedDocument,
  ownPath: string,
  sending: DocumentSending,
): Promise<void> {
  const { hot, clock, publicBase, isPrivate } = sending;
  const { trace } = ctx.state;
  const accepted = acceptedEncoding(ctx.req);
  const base = publicBase(ctx.req);
  const warning = warningOf(document);
  const lifetimeSeconds = document.leftOut.length > 0 ? 0 : Math.floor(document.lifetimeMs / 1000);
  const finished: FinishedDocument = {
    ...(await encodeBody(document.body, accepted)),
    contentType: 'application/json',
    cacheControl: `${document.sources.some(isPrivate) ? 'private' : 'public'}, max-age=${lifetimeSeconds}`,
    sources: document.sources.join(','),
    checkedAtMs: document.checkedAtMs,
    ...(warning !== undefined && { warning }),
  };
  if (
    warning === undefined &&
    (document.state === 'HIT' || document.state === 'MISS' || document.state === 'REVALIDATED')
  )
    hot.remember(accepted, base, `/${ownPath}`, finished, document.freshUntilMs, {
      ...(trace.feed !== undefined && { feed: trace.feed }),
      ...(trace.id !== undefined && { id: trace.id }),
    });
  ctx.respond = false;
  sendDocument(ctx.req, ctx.res, finished, { state: document.state, nowMs: clock.now(), trace });
}

/** For the build log: clients show this header as a warning. */
export function warningOf({
  leftOut,
  staleBecause,
}: Pick<FeedDocument, 'leftOut' | 'staleBecause'>): string | undefined {
  if (leftOut.length > 0)
    return ascii(
      `Larder left out ${leftOut.map(({ source }) => source ?? 'a source').join(', ')}: ${leftOut[0]?.detail ?? ''}`,
    );
  if (staleBecause.length > 0)
    return ascii(`Larder answers from what it keeps: ${staleBecause.map(toldOfSource).join('; ')}`);
  return undefined;
}

function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, 300);
}
