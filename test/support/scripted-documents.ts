import { detailsPath, leafPath, nupkgPath } from '../../src/nuget/paths.js';
import type { ScriptedPackage } from './scripted-package.js';
import type { SourceTraits } from './scripted-traits.js';

/*
 * The documents of a V3 server as plain values, pure. `root` is the source's address ending in `/`. Paths are those of nuget.org.
 */

export const paths = {
  index: 'v3/index.json',
  flat: 'v3-flatcontainer/',
  catalog: 'v3/catalog0/',
  search: 'query',
  autocomplete: 'autocomplete',
} as const;

export type Hive = 'registration5-semver1' | 'registration5-gz-semver1' | 'registration5-gz-semver2';

export function hiveOf(type: string): Hive {
  if (type.endsWith('/3.6.0') || type.endsWith('/Versioned')) return 'registration5-gz-semver2';
  return type.endsWith('/3.4.0') ? 'registration5-gz-semver1' : 'registration5-semver1';
}

export function serviceIndex(
  root: string,
  traits: SourceTraits,
  offered: ReadonlyMap<string, string> = new Map(),
): object {
  const resources = traits.registrationTypes.map((type) => ({
    '@id': `${root}v3/${hiveOf(type)}/`,
    '@type': type,
    ...(type.endsWith('/Versioned') && { clientVersion: '4.3.0-alpha' }),
  }));
  if (traits.flatContainer) resources.push({ '@id': root + paths.flat, '@type': 'PackageBaseAddress/3.0.0' });
  if (traits.catalog) resources.push({ '@id': `${root}${paths.catalog}index.json`, '@type': 'Catalog/3.0.0' });
  for (const [type, path] of offered) resources.push({ '@id': root + path, '@type': type });
  for (const type of traits.searchTypes) resources.push({ '@id': root + paths.search, '@type': type });
  for (const type of traits.autocompleteTypes) resources.push({ '@id': root + paths.autocomplete, '@type': type });
  return { version: '3.0.0', resources };
}

export function versionList(packages: readonly ScriptedPackage[]): object {
  return { versions: packages.map((one) => one.identity.version.key) };
}

/** What a registration holds for one id: the index, and its pages where those stand apart. */
export function registration(
  root: string,
  hive: Hive,
  packages: readonly ScriptedPackage[],
  traits: SourceTraits,
): { index: object; pages: ReadonlyMap<string, object> } {
  const isInlined = packages.length <= traits.inlineUpTo;
  const key = packages[0]?.identity.id.key ?? '';
  const base = `${root}v3/${hive}/`;
  const indexUrl = `${base}${key}/index.json`;
  const pages = new Map<string, object>();
  const items = cut(packages, traits.pageSize).map((members) => {
    const lower = members[0]?.identity.version.normalized ?? '';
    const upper = members.at(-1)?.identity.version.normalized ?? '';
    const path = `${key}/page/${lower}/${upper}.json`.toLowerCase();
    const bounds = { '@type': 'catalog:CatalogPage', count: members.length, lower, upper };
    const leaves = members.map((one) => leafInPage(root, hive, one, traits));
    if (isInlined) return { '@id': `${indexUrl}#page/${lower}/${upper}`, ...bounds, items: leaves, parent: indexUrl };
    pages.set(`v3/${hive}/${path}`, { '@id': base + path, ...bounds, items: leaves, parent: indexUrl });
    return { '@id': base + path, ...bounds };
  });
  const type = ['catalog:CatalogRoot', 'PackageRegistration', 'catalog:Permalink'];
  return { index: { '@id': indexUrl, '@type': type, count: items.length, items }, pages };
}

export function leafDocument(root: string, hive: Hive, one: ScriptedPackage): object {
  return {
    '@id': `${root}v3/${hive}/${leafPath(one.identity)}`,
    '@type': ['Package', 'http://schema.nuget.org/catalog#Permalink'],
    catalogEntry: catalogUrl(root, one),
    listed: one.isListed,
    packageContent: `${root}${paths.flat}${nupkgPath(one.identity)}`,
    published: publishedOf(one),
    registration: `${root}v3/${hive}/${one.identity.id.key}/index.json`,
  };
}

export function catalogDetails(root: string, one: ScriptedPackage): object {
  return {
    '@id': catalogUrl(root, one),
    '@type': ['PackageDetails', 'catalog:Permalink'],
    id: one.script.id,
    version: one.identity.version.full,
    listed: one.isListed,
    packageHash: one.sha512,
    packageHashAlgorithm: 'SHA512',
    packageSize: one.bytes.length,
    published: publishedOf(one),
  };
}

export const catalogDetailsPath = (one: ScriptedPackage) =>
  `${paths.catalog}data/2024.01.01.00.00.00/${detailsPath(one.identity).replace('/', '.')}`;

function leafInPage(root: string, hive: Hive, one: ScriptedPackage, traits: SourceTraits): object {
  const { identity, script } = one;
  const packageContent = `${root}${paths.flat}${nupkgPath(identity)}`;
  const entry = traits.sparseEntries
    ? { '@id': catalogUrl(root, one), id: identity.id.key, version: identity.version.normalized, listed: one.isListed }
    : { ...fullEntry(root, hive, one), packageContent };
  const hash = traits.hashInRegistration ? { packageHash: one.sha512, packageHashAlgorithm: 'SHA512' } : {};
  return {
    '@id': `${root}v3/${hive}/${leafPath(identity)}`,
    '@type': 'Package',
    catalogEntry: { ...entry, ...hash, ...script.entryExtras },
    packageContent,
    registration: `${root}v3/${hive}/${identity.id.key}/index.json`,
  };
}

function fullEntry(root: string, hive: Hive, one: ScriptedPackage): object {
  const { identity, script } = one;
  const dependencies = Object.entries(script.dependencies ?? {}).map(([id, range]) => ({
    '@type': 'PackageDependency',
    id,
    range,
    registration: `${root}v3/${hive}/${id.toLowerCase()}/index.json`,
  }));
  const groups = [{ '@type': 'PackageDependencyGroup', dependencies, targetFramework: '.NETStandard2.0' }];
  return {
    '@id': catalogUrl(root, one),
    '@type': 'PackageDetails',
    authors: 'Scripted',
    ...(dependencies.length > 0 && { dependencyGroups: groups }),
    description: `${script.id} of a scripted source`,
    iconUrl: `${root}${paths.flat}${identity.key}/icon`,
    id: script.id,
    listed: one.isListed,
    published: publishedOf(one),
    requireLicenseAcceptance: false,
    tags: [''],
    version: identity.version.full,
  };
}

const catalogUrl = (root: string, one: ScriptedPackage) => root + catalogDetailsPath(one);

/** nuget.org dates what is unlisted 1900. */
const publishedOf = (one: ScriptedPackage) =>
  one.isListed ? (one.script.published ?? '2024-01-01T00:00:00+00:00') : '1900-01-01T00:00:00+00:00';

function cut<T>(elements: readonly T[], size: number): T[][] {
  if (elements.length === 0) return [];
  if (size >= elements.length) return [[...elements]];
  return Array.from({ length: Math.ceil(elements.length / size) }, (_, page) =>
    elements.slice(page * size, (page + 1) * size),
  );
}
