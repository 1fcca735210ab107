/** What an address is a part of, which tells who may enter it. */
export type Area =
  /** Probes: for everyone. */
  | { readonly kind: 'open' }
  /** For who may read all of these. Names are as asked: there need be no such feeds. */
  | { readonly kind: 'feeds'; readonly feeds: readonly string[] }
  /** What is there for readers of any feed, and tells each only what they may read. What does not exist lies here too. */
  | { readonly kind: 'shared' }
  /** Totals over everything. */
  | { readonly kind: 'whole' }
  /** What changes the store. */
  | { readonly kind: 'maintenance' };

/** Served at the root, without `feeds/{name}`. */
export const defaultFeed = 'default';

const ofDefaultFeed: Area = { kind: 'feeds', feeds: [defaultFeed] };

/**
 * The area of a path in origin form, with or without query. Splits, compares and decodes as the router does: segments between single
 * slashes, fixed words in any case and never percent-encoded, names decoded once. An area lies below its first words whatever follows.
 */
export function areaOf(path: string): Area {
  // Most of all that is asked.
  if (path.startsWith('/v3/')) return ofDefaultFeed;
  const [, before = '', query = ''] = /^([^?]*)\??([^]*)$/.exec(path) ?? [];
  const [, first = '', second = ''] = before.split('/', 3);
  switch (first.toLowerCase()) {
    case 'feeds':
      return { kind: 'feeds', feeds: [decoded(second)] };
    case 'v3':
    case 'v2':
    case 'symbols':
      return ofDefaultFeed;
    case 'packages':
      return { kind: 'feeds', feeds: asked(query) ?? [defaultFeed] };
    case 'api': {
      if (second.toLowerCase() === 'v2') return ofDefaultFeed;
      if (second.toLowerCase() === 'maintenance') return { kind: 'maintenance' };
      const feeds = asked(query);
      return feeds ? { kind: 'feeds', feeds } : { kind: 'shared' };
    }
    case 'health':
      return { kind: 'open' };
    case 'metrics':
      return { kind: 'whole' };
    default:
      return { kind: 'shared' };
  }
}

/** The feeds that a query names, for addresses that take `?feed=`: all of them, whichever a route reads. */
function asked(query: string): readonly string[] | undefined {
  const feeds = new URLSearchParams(query).getAll('feed');
  return feeds.length > 0 ? feeds : undefined;
}

/** What cannot be decoded stays as it is, as the router leaves it. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
