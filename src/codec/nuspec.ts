import { InvalidNameError } from '../nuget/invalid-name.js';
import { PackageIdentity } from '../nuget/package-identity.js';
import { BadPackageError, quoteFromPackage } from './bad-package.js';
import { readDependencyGroups } from './nuspec-dependencies.js';
import type { NuspecDependencyGroup } from './nuspec-dependencies.js';
import { decodeXml } from './xml-text.js';
import { attributeOf, childOf, childrenOf, parseXml, textOf, XmlError } from './xml-tree.js';
import type { XmlElement } from './xml-tree.js';

/** What a package says of itself (`nuspec.md`). Texts are the author's own: trimmed, otherwise untouched. */
export interface Nuspec {
  /** Both as written (`id.text`, `version.text`) and as compared. */
  readonly identity: PackageIdentity;
  /** As written, names joined by commas; empty when missing. */
  readonly authors: string;
  /** Empty when missing. */
  readonly description: string;
  readonly tags: readonly string[];
  readonly dependencyGroups: readonly NuspecDependencyGroup[];
  readonly packageTypes: readonly NuspecPackageType[];
  readonly requireLicenseAcceptance: boolean;
  readonly developmentDependency: boolean;
  /** Path in the package. */
  readonly icon?: string;
  /** Path in the package. */
  readonly readme?: string;
  /** An SPDX expression, or a path in the package. */
  readonly license?: { readonly type: 'expression' | 'file'; readonly text: string; readonly version?: string };
  readonly licenseUrl?: string;
  readonly iconUrl?: string;
  readonly projectUrl?: string;
  readonly repository?: NuspecRepository;
  readonly minClientVersion?: string;
  readonly title?: string;
  readonly summary?: string;
  readonly releaseNotes?: string;
  readonly copyright?: string;
  readonly language?: string;
  readonly owners?: string;
}

export interface NuspecPackageType {
  readonly name: string;
  readonly version?: string;
}

export interface NuspecRepository {
  readonly type?: string;
  readonly url?: string;
  readonly branch?: string;
  readonly commit?: string;
}

/**
 * Reads a .nuspec of any schema year or none, in UTF-8 or UTF-16. Lenient as NuGet's own reader: only id and version are needed.
 * Blocks for about 0.1 ms per KiB.
 *
 * @throws BadPackageError when it is no XML, has a document type, or names no package
 */
export function parseNuspec(bytes: Buffer): Nuspec {
  const metadata = childOf(parseRoot(bytes), 'metadata');
  if (metadata === undefined) throw new BadPackageError('the nuspec has no metadata');
  const text = (name: string) => textOf(childOf(metadata, name));
  const texts = {
    icon: text('icon'),
    readme: text('readme'),
    license: readLicense(childOf(metadata, 'license')),
    licenseUrl: text('licenseUrl'),
    iconUrl: text('iconUrl'),
    projectUrl: text('projectUrl'),
    repository: readRepository(childOf(metadata, 'repository')),
    minClientVersion: attributeOf(metadata, 'minClientVersion'),
    title: text('title'),
    summary: text('summary'),
    releaseNotes: text('releaseNotes'),
    copyright: text('copyright'),
    language: text('language'),
    owners: text('owners'),
  };
  return {
    identity: readIdentity(text('id'), text('version')),
    authors: text('authors') ?? '',
    description: text('description') ?? '',
    tags:
      text('tags')
        ?.split(/[\s,;]+/)
        .filter((tag) => tag !== '') ?? [],
    dependencyGroups: readDependencyGroups(childOf(metadata, 'dependencies')),
    packageTypes: childrenOf(childOf(metadata, 'packageTypes'), 'packageType').flatMap(readPackageType),
    requireLicenseAcceptance: text('requireLicenseAcceptance')?.toLowerCase() === 'true',
    developmentDependency: text('developmentDependency')?.toLowerCase() === 'true',
    ...present(texts),
  };
}

function parseRoot(bytes: Buffer): XmlElement {
  try {
    return parseXml(decodeXml(bytes));
  } catch (error) {
    if (error instanceof XmlError)
      throw new BadPackageError(`the nuspec cannot be read: ${escapeControls(error.message)}`, { cause: error });
    throw error;
  }
}

function readIdentity(id: string | undefined, version: string | undefined): PackageIdentity {
  if (id === undefined) throw new BadPackageError('the nuspec has no id');
  if (version === undefined) throw new BadPackageError('the nuspec has no version');
  try {
    return PackageIdentity.parse(id, version);
  } catch (error) {
    if (error instanceof InvalidNameError)
      throw new BadPackageError(`the nuspec names no package: ${error.message}`, { cause: error });
    throw error;
  }
}

function readLicense(element: XmlElement | undefined): Nuspec['license'] {
  const text = textOf(element);
  const type = attributeOf(element, 'type')?.toLowerCase();
  if (text === undefined || (type !== 'expression' && type !== 'file')) return undefined;
  return { type, text, ...present({ version: attributeOf(element, 'version') }) };
}

function readRepository(element: XmlElement | undefined): NuspecRepository | undefined {
  const attribute = (name: string) => attributeOf(element, name);
  const repository = present({
    type: attribute('type'),
    url: attribute('url'),
    branch: attribute('branch'),
    commit: attribute('commit'),
  });
  return Object.keys(repository).length > 0 ? repository : undefined;
}

function readPackageType(element: XmlElement): NuspecPackageType[] {
  const name = attributeOf(element, 'name');
  return name === undefined ? [] : [{ name, ...present({ version: attributeOf(element, 'version') }) }];
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the members that are undefined. */
function present<T extends object>(members: T): Present<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Present<T>;
}

const escapeControls = (message: string) => quoteFromPackage(message).slice(1, -1);
