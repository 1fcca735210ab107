import { LRUCache } from 'lru-cache';
import { BadPackageError } from '../codec/bad-package.js';
import type { Nuspec } from '../codec/nuspec.js';
import { readNuspec } from '../codec/package-nuspec.js';
import { readRegistrationLeaf } from '../nuget/registration-leaf.js';
import type { RegistrationLeaf } from '../nuget/registration-leaf.js';
import { DamagedBlobError } from './store.js';
import type { PackageRow, PackageStore } from './store.js';

export type OnDamaged = (row: PackageRow, error: DamagedBlobError) => void;

const maxRemembered = 2_000;

/** Leaves of packages that are kept here and that no registration describes any more: what the package says of itself, unlisted. */
export class HeldLeaves {
  readonly #leaves = new LRUCache<string, RegistrationLeaf>({ max: maxRemembered });

  /** @param onDamaged told of a kept copy that proved damaged */
  constructor(
    private readonly packages: PackageStore,
    private readonly onDamaged?: OnDamaged,
  ) {}

  /** @returns `undefined` when what is kept proves damaged: then it describes nothing */
  async leafOf(row: PackageRow): Promise<RegistrationLeaf | undefined> {
    const key = `${row.identity.key} ${row.sha512}`;
    const known = this.#leaves.get(key);
    if (known) return known;
    try {
      const { nuspec } = await readNuspec(await this.packages.open(row, 'inspect'));
      const leaf = readRegistrationLeaf(
        { catalogEntry: entryOf(nuspec) },
        { id: row.identity.id, isOwnAddress: (url) => url === inPackage },
      );
      if (!leaf || !('template' in leaf)) return undefined;
      this.#leaves.set(key, leaf);
      return leaf;
    } catch (error) {
      if (error instanceof DamagedBlobError) this.onDamaged?.(row, error);
      else if (!(error instanceof BadPackageError)) throw error;
      return undefined;
    }
  }
}

/** Stands for an address of ours: the file comes out of the package. */
const inPackage = 'urn:larder:in-package';

/** As a registration's `catalogEntry`. The package does not say when it was published, so neither do we. */
function entryOf(nuspec: Nuspec): object {
  const { identity, license } = nuspec;
  return {
    id: identity.id.text,
    version: identity.version.full,
    listed: false,
    authors: nuspec.authors,
    description: nuspec.description,
    tags: nuspec.tags,
    dependencyGroups: nuspec.dependencyGroups,
    packageTypes: nuspec.packageTypes.length > 0 ? nuspec.packageTypes : undefined,
    requireLicenseAcceptance: nuspec.requireLicenseAcceptance,
    iconUrl: nuspec.icon === undefined ? nuspec.iconUrl : inPackage,
    readmeUrl: nuspec.readme === undefined ? undefined : inPackage,
    licenseExpression: license?.type === 'expression' ? license.text : undefined,
    licenseExpressionVersion: license?.type === 'expression' ? license.version : undefined,
    licenseUrl: license?.type === 'file' ? inPackage : nuspec.licenseUrl,
    projectUrl: nuspec.projectUrl,
    minClientVersion: nuspec.minClientVersion,
    title: nuspec.title,
    summary: nuspec.summary,
    releaseNotes: nuspec.releaseNotes,
    copyright: nuspec.copyright,
    language: nuspec.language,
  };
}
