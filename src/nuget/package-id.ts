import { InvalidNameError } from './invalid-name.js';

/** nuget.org's database limit (NuGetGallery `Constants.MaxPackageIdLength` is 128; clients refuse more than 100 on push). */
const maxLength = 128;
/** The rule of NuGet's `PackageIdValidator`, held to ASCII so that look-alike letters cannot imitate another id. */
const pattern = /^[A-Za-z0-9_]+(?:[.-][A-Za-z0-9_]+)*$/;

/** A package id: compared without case, shown in the casing it was written in. */
export class PackageId {
  /** As written. */
  readonly text: string;
  /** Lower case: the form used in URLs and as a key. */
  readonly key: string;

  private constructor(text: string) {
    this.text = text;
    this.key = text.toLowerCase();
  }

  /** @throws InvalidNameError (`bad-id`) when `text` is no package id */
  static parse(text: string): PackageId {
    if (text.length === 0) throw new InvalidNameError('bad-id', text, 'a package id cannot be empty');
    if (text.length > maxLength)
      throw new InvalidNameError(
        'bad-id',
        text,
        `a package id has at most ${maxLength} characters, this one ${text.length}`,
      );
    if (!pattern.test(text))
      throw new InvalidNameError(
        'bad-id',
        text,
        'a package id is made of letters, digits and _ joined by single . or -',
      );
    return new PackageId(text);
  }

  static tryParse(text: unknown): PackageId | undefined {
    return typeof text === 'string' && text.length <= maxLength && pattern.test(text) ? new PackageId(text) : undefined;
  }

  equals(other: PackageId): boolean {
    return this.key === other.key;
  }

  toString(): string {
    return this.text;
  }
}
