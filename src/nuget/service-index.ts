/** Absolute bases of the resources a feed offers, each ending in `/`, and templates. */
export interface ServiceIndexBases {
  readonly flat: string;
  readonly registrationSemVer1: string;
  readonly registrationSemVer2: string;
  /** With `{lower_id}` and `{lower_version}`. */
  readonly readmeTemplate: string;
  /** With `{id}` and `{version}`: a page for people. */
  readonly detailsTemplate: string;
}

/** Absolute addresses of the resources that a feed offers only when its sources do. */
export interface OptionalAddresses {
  readonly vulnerabilities?: string;
  readonly repositorySignatures?: readonly { readonly level: string; readonly address: string }[];
}

/** Absolute addresses of the resources that are asked with a query. */
export interface ServiceIndexQueries {
  readonly search: string;
  readonly autocomplete: string;
}

interface Resource {
  readonly '@id': string;
  readonly '@type': string;
  readonly comment: string;
  /** Clients below it pass the entry over (NuGet.Client `ServiceIndexResourceV3`). */
  readonly clientVersion?: string;
}

/**
 * Our service index (`service-index.md`). Every type alias that some client looks for is offered: NuGet.Client reads `/Versioned` and the
 * numbered ladder (`ServiceTypes.cs`), others ignore `/Versioned` and take the highest number, the oldest know only the bare name.
 */
export function renderServiceIndex(
  bases: ServiceIndexBases & ServiceIndexQueries,
  optional: OptionalAddresses = {},
): Buffer {
  const resources: Resource[] = [
    ...types('PackageBaseAddress', ['/3.0.0'], bases.flat, 'Package contents: version lists, .nupkg and .nuspec'),
    versioned('PackageBaseAddress', bases.flat, 'Package contents: version lists, .nupkg and .nuspec'),
    ...types(
      'RegistrationsBaseUrl',
      ['', '/3.0.0-beta', '/3.0.0-rc', '/3.4.0'],
      bases.registrationSemVer1,
      'Package metadata without SemVer 2.0.0 packages',
    ),
    ...types(
      'RegistrationsBaseUrl',
      ['/3.6.0'],
      bases.registrationSemVer2,
      'Package metadata with SemVer 2.0.0 packages',
    ),
    versioned('RegistrationsBaseUrl', bases.registrationSemVer2, 'Package metadata with SemVer 2.0.0 packages'),
    ...types('ReadmeUriTemplate', ['/6.13.0'], bases.readmeTemplate, "A package's readme"),
    ...types('PackageDetailsUriTemplate', ['/5.1.0'], bases.detailsTemplate, 'The page of a package, for people'),
    ...(optional.vulnerabilities === undefined
      ? []
      : types('VulnerabilityInfo', ['/6.7.0'], optional.vulnerabilities, 'Known vulnerabilities of packages')),
    ...(optional.repositorySignatures ?? []).flatMap(({ level, address }) =>
      types('RepositorySignatures', [`/${level}`], address, 'How packages are signed'),
    ),
    ...queries('SearchQueryService', bases.search, 'Search for packages'),
    ...queries('SearchAutocompleteService', bases.autocomplete, 'Completion of package ids, and versions of one'),
  ];
  return Buffer.from(
    JSON.stringify({
      version: '3.0.0',
      resources,
      '@context': {
        '@vocab': 'http://schema.nuget.org/services#',
        comment: 'http://www.w3.org/2000/01/rdf-schema#comment',
      },
    }),
  );
}

/** Every name that clients look a query service up by (protocol A.1, the ladder). */
function queries(name: string, address: string, comment: string): Resource[] {
  const suffixes = ['', '/3.0.0-beta', '/3.0.0-rc', '/3.4.0', '/3.5.0'];
  return [...types(name, suffixes, address, comment), versioned(name, address, comment)];
}

function types(name: string, suffixes: readonly string[], address: string, comment: string): Resource[] {
  return suffixes.map((suffix) => ({ '@id': address, '@type': `${name}${suffix}`, comment }));
}

function versioned(name: string, address: string, comment: string): Resource {
  return { '@id': address, '@type': `${name}/Versioned`, comment, clientVersion: '4.3.0-alpha' };
}
