/** nuget.org's search fields (`search-query-service-resource.md`; NuGet.Services.AzureSearch `QueryField`). */
export const searchFields = [
  'packageid',
  'id',
  'version',
  'title',
  'tags',
  'author',
  'description',
  'summary',
  'owner',
] as const;

export type SearchField = (typeof searchFields)[number];

/** What a search text asks for: each word in any field, and each scoped word in its own. */
export interface SearchTerms {
  /** Lower case; quoted ones may hold spaces. */
  readonly words: readonly string[];
  /** By field: one of the words must be there. */
  readonly scoped: ReadonlyMap<SearchField, readonly string[]>;
}

/** A scope, then a quoted phrase or a word. An unpaired quote is part of its word. */
const term = /(?:([a-z]+):)?(?:"([^"]*)"|(\S+))/gi;
const aliases: Readonly<Record<string, SearchField>> = {
  ...Object.fromEntries(searchFields.map((field) => [field, field])),
  tag: 'tags',
  authors: 'author',
  owners: 'owner',
};

/** Reads nuget.org's syntax: `json tags:"high performance" owner:someone`. What is no field is a word as it stands. */
export function parseSearchTerms(text: string): SearchTerms {
  const words: string[] = [];
  const scoped = new Map<SearchField, string[]>();
  for (const [whole, scope, quoted, bare] of text.toLowerCase().matchAll(term)) {
    const field = scope === undefined ? undefined : aliases[scope];
    const value = (quoted ?? bare ?? '').trim();
    // A scope that nothing follows, as while it is being typed.
    if (scope === undefined && quoted === undefined && value.endsWith(':') && aliases[value.slice(0, -1)]) continue;
    if (field === undefined) words.push(...(scope === undefined ? [value] : [whole]));
    else scoped.set(field, [...(scoped.get(field) ?? []), value]);
  }
  return {
    words: words.filter((word) => word !== ''),
    scoped: new Map(
      [...scoped]
        .map(([field, values]) => [field, values.filter((value) => value !== '')] as const)
        .filter(([, values]) => values.length > 0),
    ),
  };
}
