/** Who may read, as configured: the keys without their secrets. */
export interface AccessRules {
  readonly anonymousRead: boolean;
  readonly keys: readonly AccessKey[];
}

export interface AccessKey {
  readonly name: string;
  readonly scopes: readonly 'read'[];
  /** Feeds by name; absent: all. */
  readonly feeds?: readonly string[] | undefined;
}

/** Who sent a request, and what of ours may be told to them. */
export interface Caller {
  /** `unknown`: sent something that is no key of ours. `owner`: can read the folder of the store. */
  readonly standing: 'anonymous' | 'key' | 'unknown' | 'owner';
  /** The name of the key, with `key`. */
  readonly key?: string;
  /** Whether documents, packages and any news of this feed may be given. A feed that does not exist is told apart by those only who may read all. */
  mayRead(feed: string): boolean;
  readonly mayReadAny: boolean;
  /** Whether totals over everything may be told. */
  readonly mayReadAll: boolean;
  /** Whether the store may be looked after: checked, freed, made to forget. */
  readonly mayMaintain: boolean;
}

/** May read nothing: what a request is until somebody has looked who sent it. */
export const nobody: Caller = {
  standing: 'unknown',
  mayRead: () => false,
  mayReadAny: false,
  mayReadAll: false,
  mayMaintain: false,
};

/** The command line of this machine, which can read the folder of the store. */
export const owner: Caller = {
  standing: 'owner',
  mayRead: () => true,
  mayReadAny: true,
  mayReadAll: true,
  mayMaintain: true,
};

export interface Callers {
  readonly anonymous: Caller;
  /** Each key's holder, by the name of the key. */
  readonly byKey: ReadonlyMap<string, Caller>;
}

/** The callers that there can be. A key never takes away what may be read without one. */
export function callersOf({ anonymousRead, keys }: AccessRules): Callers {
  return {
    anonymous: {
      standing: 'anonymous',
      mayRead: () => anonymousRead,
      mayReadAny: anonymousRead,
      mayReadAll: anonymousRead,
      mayMaintain: false,
    },
    byKey: new Map(keys.map((key) => [key.name, holderOf(key, anonymousRead)])),
  };
}

function holderOf({ name, scopes, feeds }: AccessKey, anonymousRead: boolean): Caller {
  const isReader = scopes.includes('read');
  const readable = new Set(feeds);
  const mayReadAll = anonymousRead || (isReader && feeds === undefined);
  return {
    standing: 'key',
    key: name,
    mayRead: (feed) => mayReadAll || (isReader && readable.has(feed)),
    mayReadAny: mayReadAll || (isReader && readable.size > 0),
    mayReadAll,
    mayMaintain: false,
  };
}

/** The sources whose names, state and packages may be told: the members of the feeds that the caller may read. */
export function readableSources(
  caller: Caller,
  feeds: readonly { readonly name: string; readonly sources: readonly string[] }[],
): ReadonlySet<string> {
  return new Set(feeds.filter(({ name }) => caller.mayRead(name)).flatMap(({ sources }) => sources));
}
