import type { AppContext } from './app.js';
import { defaultFeed } from './area.js';
import { assertMayRead } from './caller.js';
import { ProblemError } from './problem.js';
import { feedMount } from './urls.js';
import type { Mount } from './urls.js';

/**
 * What belongs to the feed in the request's path, and where that feed is mounted.
 * @throws ProblemError when the caller may not read it, or there is no such feed
 */
export function ofFeed<T>(ctx: AppContext, byFeed: ReadonlyMap<string, T>): { readonly of: T; readonly at: Mount } {
  const { feed: named } = (ctx as AppContext & { params: Record<string, string | undefined> }).params;
  return { of: ofName(ctx, byFeed, named ?? defaultFeed), at: named === undefined ? '' : feedMount(named) };
}

/**
 * The same of the feed that `?feed=` names, for addresses that all feeds share; `feed` is absent for the default one.
 * @throws ProblemError as above
 */
export function ofNamedFeed<T>(
  ctx: AppContext,
  byFeed: ReadonlyMap<string, T>,
): { readonly of: T; readonly at: Mount; readonly feed?: string } {
  const name = new URLSearchParams(ctx.querystring).get('feed') ?? defaultFeed;
  const of = ofName(ctx, byFeed, name);
  return name === defaultFeed ? { of, at: '' } : { of, at: feedMount(name), feed: name };
}

function ofName<T>(ctx: AppContext, byFeed: ReadonlyMap<string, T>, name: string): T {
  assertMayRead(ctx, name);
  const of = byFeed.get(name);
  if (of === undefined)
    throw new ProblemError({
      code: 'not-found',
      detail: name === defaultFeed ? 'there is no feed called default' : 'there is no feed of that name',
    });
  ctx.state.trace.feed = name;
  return of;
}
