/** What kind of V3 server a scripted source is. */
export interface SourceTraits {
  /** Offers `PackageBaseAddress/3.0.0`. */
  readonly flatContainer: boolean;
  /** Offers registrations, under these types; those ending in `/3.6.0` or `/Versioned` show SemVer2 packages. */
  readonly registrationTypes: readonly string[];
  /** Leaves on a page. */
  readonly pageSize: number;
  /** Up to so many versions stand in the index; with more every page is a document of its own. */
  readonly inlineUpTo: number;
  /** Documents: `always` in gz hives and where accepted elsewhere, or `never`. */
  readonly gzip: 'always' | 'never';
  /** ETag and Last-Modified, and 304 for those who send them back. */
  readonly validators: boolean;
  /** Answers `Range` with the part that was asked for. */
  readonly ranges: boolean;
  /** Offers `Catalog/3.0.0`, with details that hold `packageHash`. */
  readonly catalog: boolean;
  /** Registration entries hold `packageHash`. */
  readonly hashInRegistration: boolean;
  /** Serves leaf documents and nuspecs. */
  readonly details: boolean;
  /** Entries hold only id (lower case), version and listed. */
  readonly sparseEntries: boolean;
  /** Offers search, under these types. */
  readonly searchTypes: readonly string[];
  /** Offers completion, under these types. */
  readonly autocompleteTypes: readonly string[];
  /** Answer to resources it does not know: status and text. */
  readonly unknownResource: readonly [status: number, text: string];
}

export const traits = {
  /** As nuget.org: paged registrations, gzip hives, validators, catalog. */
  'nuget.org': {
    flatContainer: true,
    registrationTypes: [
      'RegistrationsBaseUrl',
      'RegistrationsBaseUrl/3.0.0-beta',
      'RegistrationsBaseUrl/3.0.0-rc',
      'RegistrationsBaseUrl/3.4.0',
      'RegistrationsBaseUrl/3.6.0',
      'RegistrationsBaseUrl/Versioned',
    ],
    pageSize: 64,
    inlineUpTo: 127,
    gzip: 'always',
    validators: true,
    ranges: false,
    catalog: true,
    hashInRegistration: false,
    details: true,
    sparseEntries: false,
    searchTypes: ['SearchQueryService', 'SearchQueryService/3.0.0-beta', 'SearchQueryService/3.5.0'],
    autocompleteTypes: ['SearchAutocompleteService', 'SearchAutocompleteService/3.0.0-beta'],
    unknownResource: [404, ''],
  },
  /** A server seen in the wild that offers as little as a restore needs. */
  odd: {
    flatContainer: true,
    registrationTypes: ['RegistrationsBaseUrl/3.6.0'],
    pageSize: Number.POSITIVE_INFINITY,
    inlineUpTo: Number.POSITIVE_INFINITY,
    gzip: 'never',
    validators: false,
    ranges: false,
    catalog: false,
    hashInRegistration: false,
    details: false,
    sparseEntries: true,
    searchTypes: [],
    autocompleteTypes: [],
    unknownResource: [421, 'Misdirected Request'],
  },
} as const satisfies Record<string, SourceTraits>;
