import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { PackageVersion } from '../../src/nuget/package-version.js';
import { hasSemVer2Bound, parseVersionRange } from '../../src/nuget/version-range.js';
import { makeNupkg, sha512Of } from './nupkg.js';
import type { NupkgRecipe } from './nupkg.js';

/** A package that a scripted source has. */
export interface PackageScript extends NupkgRecipe {
  /** Default true. */
  readonly listed?: boolean;
  /** ISO 8601. */
  readonly published?: string;
  /** In place of a package made from the recipe. */
  readonly bytes?: Buffer;
  /** More members of the registration's catalog entry. */
  readonly entryExtras?: Readonly<Record<string, unknown>>;
}

/** Its bytes and hash are made when first asked for, once. */
export class ScriptedPackage {
  readonly identity: PackageIdentity;
  #bytes: Buffer | undefined;
  #sha512: string | undefined;

  constructor(readonly script: PackageScript) {
    this.identity = PackageIdentity.parse(script.id, script.version);
    this.#bytes = script.bytes;
  }

  get bytes(): Buffer {
    return (this.#bytes ??= makeNupkg(this.script));
  }

  /** Base64. */
  get sha512(): string {
    return (this.#sha512 ??= sha512Of(this.bytes));
  }

  get isListed(): boolean {
    return this.script.listed ?? true;
  }

  get isSemVer2(): boolean {
    const ranges = Object.values(this.script.dependencies ?? {}).map(parseVersionRange);
    return this.identity.version.isSemVer2 || ranges.some((range) => range !== undefined && hasSemVer2Bound(range));
  }

  static compare(a: ScriptedPackage, b: ScriptedPackage): number {
    return PackageVersion.compare(a.identity.version, b.identity.version);
  }
}
