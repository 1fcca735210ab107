import type { Caller } from '../policy/access.js';
import type { AppContext } from './app.js';
import { ProblemError } from './problem.js';
import type { Problem } from './problem.js';

/**
 * Who sent the request. A route that tells of more than the feed in its own address (`/api/…`, `/`) tells only what `mayRead(feed)`
 * allows, names of sources only out of `readableSources(caller, feeds)`, and totals only where `mayReadAll` is true.
 */
export function callerOf(ctx: AppContext): Caller {
  return ctx.state.trace.caller;
}

/**
 * For routes that have taken a feed's name out of an address or a query, before they look whether there is such a feed.
 * @throws ProblemError 401 or 403, the same for a feed that does not exist
 */
export function assertMayRead(ctx: AppContext, feed: string): void {
  const caller = callerOf(ctx);
  if (!caller.mayRead(feed)) throw new ProblemError(refusalOf(caller));
}

/** Says nothing of what lies behind the address. */
export function refusalOf({ standing, key }: Caller): Problem {
  switch (standing) {
    case 'anonymous':
      return { code: 'unauthorized', detail: 'a key is needed here: send it as the password', headers: challenge };
    case 'unknown':
      return { code: 'unauthorized', detail: 'the key that was sent is not valid here', headers: challenge };
    case 'owner':
    case 'key':
      return { code: 'forbidden', detail: `the key ${key ?? ''} does not open this address` };
  }
}

/** Whoever asks: nothing is let in here by a key, so none is asked for. */
export const onlyOwner: Problem = {
  code: 'forbidden',
  detail: 'the store is looked after by the command larder on the machine that has its folder',
};

/** Clients send what they have only to a scheme that they know, and all of them know this one. */
const challenge = { 'WWW-Authenticate': 'Basic realm="Larder", charset="UTF-8"' };
