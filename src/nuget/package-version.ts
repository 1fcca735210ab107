import { InvalidNameError } from './invalid-name.js';

const maxLength = 255;
const maxInt32 = 2_147_483_647;
const pattern =
  /^(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;

/**
 * A package version as NuGet reads it (`NuGetVersionFactory`, `VersionComparer`, `VersionFormatter` of NuGet.Versioning):
 * one to four numeric parts, dotted prerelease labels, build metadata that takes no part in identity.
 */
export class PackageVersion {
  /** As written, trimmed: `1.0`, `1.0.0-RC.1+build`. */
  readonly text: string;
  /** `M.m.p[.r][-labels]`, case kept, metadata dropped. */
  readonly normalized: string;
  /** Normalized with metadata: what registration and search show. */
  readonly full: string;
  /** Normalized lower case: the identity of the version, its form in URLs and keys. */
  readonly key: string;
  readonly #numbers: readonly [number, number, number, number];
  readonly #labels: readonly string[];
  readonly #metadata: string | undefined;

  private constructor(
    text: string,
    numbers: readonly [number, number, number, number],
    labels: readonly string[],
    metadata: string | undefined,
  ) {
    this.text = text;
    this.#numbers = numbers;
    this.#labels = labels;
    this.#metadata = metadata;
    const [major, minor, patch, revision] = numbers;
    const release = `${major}.${minor}.${patch}${revision > 0 ? `.${revision}` : ''}`;
    this.normalized = labels.length > 0 ? `${release}-${labels.join('.')}` : release;
    this.full = metadata === undefined ? this.normalized : `${this.normalized}+${metadata}`;
    this.key = this.normalized.toLowerCase();
  }

  /** @throws InvalidNameError (`bad-version`) when `text` is no version that NuGet can read */
  static parse(text: string): PackageVersion {
    const version = PackageVersion.tryParse(text);
    if (version === undefined)
      throw new InvalidNameError(
        'bad-version',
        text,
        'a version has one to four numbers joined by dots, then optionally -labels and +metadata, as in 1.2.3-beta.1',
      );
    return version;
  }

  static tryParse(given: unknown): PackageVersion | undefined {
    if (typeof given !== 'string' || given.length > maxLength) return undefined;
    const text = given.trim();
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const numbers: [number, number, number, number] = [0, 0, 0, 0];
    for (let i = 0; i < 4; i++) {
      const n = Number(match[i + 1] ?? 0);
      if (n > maxInt32) return undefined;
      numbers[i] = n;
    }
    const labels = match[5]?.split('.') ?? [];
    if (labels.some((label) => label.length > 1 && label.startsWith('0') && isNumeric(label))) return undefined;
    return new PackageVersion(text, numbers, labels, match[6]);
  }

  get isPrerelease(): boolean {
    return this.#labels.length > 0;
  }

  /** SemVer2 by its own form: a dotted prerelease or build metadata. Dependency ranges are judged by the caller. */
  get isSemVer2(): boolean {
    return this.#labels.length > 1 || this.#metadata !== undefined;
  }

  equals(other: PackageVersion): boolean {
    return this.key === other.key;
  }

  toString(): string {
    return this.normalized;
  }

  /** SemVer precedence with NuGet's fourth number; labels without case; metadata ignored. */
  static compare(a: PackageVersion, b: PackageVersion): number {
    for (let i = 0; i < 4; i++) {
      const difference = (a.#numbers[i] ?? 0) - (b.#numbers[i] ?? 0);
      if (difference !== 0) return difference;
    }
    return compareLabels(a.#labels, b.#labels);
  }
}

/** Prerelease labels by SemVer's precedence, without case; none come after some. */
export function compareLabels(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = compareLabel(a[i] ?? '', b[i] ?? '');
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function compareLabel(a: string, b: string): number {
  const aNumeric = isNumeric(a);
  const bNumeric = isNumeric(b);
  if (aNumeric && bNumeric) return a.length - b.length || compareText(a, b);
  if (aNumeric !== bNumeric) return aNumeric ? -1 : 1;
  return compareText(a.toLowerCase(), b.toLowerCase());
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function isNumeric(label: string): boolean {
  return /^\d+$/.test(label);
}
