import type { AppContext } from './app.js';
import { ProblemError } from './problem.js';
import { feedMount } from './urls.js';
import type { Mount } from './urls.js';

const defaultFeed = 'default';

/** What belongs to the feed in the request's path, and where that feed is mounted. @throws ProblemError when there is no such feed */
export function ofFeed<T>(ctx: AppContext, byFeed: ReadonlyMap<string, T>): { readonly of: T; readonly at: Mount } {
  const { feed: named } = (ctx as AppContext & { params: Record<string, string | undefined> }).params;
  const name = named ?? defaultFeed;
  const of = byFeed.get(name);
  if (of === undefined)
    throw new ProblemError({
      code: 'not-found',
      detail: named === undefined ? 'there is no feed called default' : 'there is no feed of that name',
    });
  ctx.state.trace.feed = name;
  return { of, at: named === undefined ? '' : feedMount(name) };
}
