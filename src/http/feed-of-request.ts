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
  const name = named ?? defaultFeed;
  assertMayRead(ctx, name);
  const of = byFeed.get(name);
  if (of === undefined)
    throw new ProblemError({
      code: 'not-found',
      detail: named === undefined ? 'there is no feed called default' : 'there is no feed of that name',
    });
  ctx.state.trace.feed = name;
  return { of, at: named === undefined ? '' : feedMount(name) };
}
