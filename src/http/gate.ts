import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { callersOf, nobody, owner } from '../policy/access.js';
import type { AccessKey, Caller, Callers } from '../policy/access.js';
import { areaOf } from './area.js';
import type { Area } from './area.js';
import { onlyOwner, refusalOf } from './caller.js';
import { presentedKeys } from './credentials.js';
import { keepPrivate } from './keep-private.js';
import { KeyRing } from './key-ring.js';
import { sendProblem } from './problem.js';
import type { Trace } from './trace.js';
import { WrongKeys } from './wrong-keys.js';

export interface GateOptions {
  readonly access: {
    readonly anonymousRead: boolean;
    readonly keys: readonly (AccessKey & { /** In the clear. */ readonly key: string })[];
  };
  /** What the owner of the store shows. */
  readonly ownerToken: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What every request passes before anything is looked up for it, whatever its method and whoever would answer. */
export class Gate {
  readonly #callers: Callers;
  readonly #keys: KeyRing;
  readonly #ownerToken: KeyRing;
  readonly #wrongKeys: WrongKeys;

  constructor(private readonly options: GateOptions) {
    this.#callers = callersOf(options.access);
    this.#keys = new KeyRing(options.access.keys);
    this.#ownerToken = new KeyRing([{ name: owner.standing, key: options.ownerToken }]);
    this.#wrongKeys = new WrongKeys(options.log, options.clock);
  }

  /**
   * Tells the trace who the caller is, and answers 401 or 403 in the routes' place where that caller may not enter.
   * @param req its `url` is in origin form, from our own root
   * @returns whether the request may go on
   */
  pass(req: IncomingMessage, res: ServerResponse, trace: Trace): boolean {
    if (!this.options.access.anonymousRead) keepPrivate(res);
    const area = areaOf(req.url ?? '/');
    if (area.kind === 'open') return true;
    const caller = this.#callerOf(req);
    trace.caller = caller;
    if (caller.key !== undefined) trace.key = caller.key;
    if (mayEnter(caller, area)) return true;
    const refusal = area.kind === 'maintenance' ? onlyOwner : refusalOf(caller);
    trace.code = refusal.code;
    sendProblem(res, refusal, req.method === 'HEAD');
    return false;
  }

  #callerOf(req: IncomingMessage): Caller {
    const presented = presentedKeys(req.headers);
    if (presented?.some((key) => this.#ownerToken.nameOf(key) !== undefined)) return owner;
    // Without keys of ours nobody can mean us with what they send: it may be for a proxy before us.
    if (!presented || this.#keys.isEmpty) return this.#callers.anonymous;
    let caller = nobody;
    for (const key of presented) caller = this.#callers.byKey.get(this.#keys.nameOf(key) ?? '') ?? caller;
    if (caller === nobody) this.#wrongKeys.tell(req.socket.remoteAddress ?? '');
    return caller;
  }
}

function mayEnter(caller: Caller, area: Exclude<Area, { kind: 'open' }>): boolean {
  switch (area.kind) {
    case 'feeds':
      return area.feeds.every((feed) => caller.mayRead(feed));
    case 'shared':
      return caller.mayReadAny;
    case 'whole':
      return caller.mayReadAll;
    case 'maintenance':
      return caller.mayMaintain;
  }
}
