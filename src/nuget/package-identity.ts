import { PackageId } from './package-id.js';
import { PackageVersion } from './package-version.js';

/** Which package: an id and a normalized version. Made once from what came in; no string travels further. */
export class PackageIdentity {
  /** `id/version`, both lower case and normalized: equal exactly when the packages are the same. */
  readonly key: string;

  constructor(
    readonly id: PackageId,
    readonly version: PackageVersion,
  ) {
    this.key = `${id.key}/${version.key}`;
  }

  /** @throws InvalidNameError when either part cannot be read */
  static parse(id: string, version: string): PackageIdentity {
    return new PackageIdentity(PackageId.parse(id), PackageVersion.parse(version));
  }

  equals(other: PackageIdentity): boolean {
    return this.key === other.key;
  }

  toString(): string {
    return `${this.id.text} ${this.version.normalized}`;
  }
}
