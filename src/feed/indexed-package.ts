import type { PackageId } from '../nuget/package-id.js';
import type { SearchHitTexts } from '../nuget/search-hit.js';
import type { SearchQuery } from '../nuget/search-query.js';
import { isShown } from './known-package.js';
import type { KnownPackages } from './known-package.js';
import type { FactKey } from './store.js';

/** What is kept at hand of a package as one source has it. */
export interface IndexedPackage {
  readonly source: string;
  readonly id: PackageId;
  /** Lower case. */
  readonly packageTypes: readonly string[];
  /** Listed versions, full and lower case, each between spaces. */
  readonly versions: string;
  /** One bit per `choiceBit`: whether any version is shown to such a client. */
  readonly shownTo: number;
}

/** What is searched of it, in words; the words alone are kept. */
export interface IndexedTexts {
  /** `source`, space, id's key: sources' names hold no spaces. */
  readonly key: string;
  readonly id: string;
  readonly title: string;
  readonly tags: string;
  readonly description: string;
  readonly summary: string;
  readonly authors: string;
  readonly owners: string;
}

export interface Indexed {
  readonly kept: IndexedPackage;
  readonly texts: IndexedTexts;
}

/** What the index takes in of a package. @returns `undefined` when nothing listed is known of it */
export function readIndexed(known: KnownPackages, key: FactKey): Promise<Indexed | undefined> {
  return known.read(key, async ({ rows, entryOf }) => {
    // What the stable version says and what the latest says: a client sees the one or the other.
    const latest = [...new Set([rows.findLast((row) => isShown(row, stableOnly)), rows.at(-1)])];
    const entries = await Promise.all(latest.flatMap((row) => (row ? [entryOf(row)] : [])));
    const entry = entries.at(-1);
    if (!entry) return undefined;
    const { identity, packageTypes } = entry;
    const words = (read: (texts: SearchHitTexts) => string | readonly string[] | undefined) =>
      [...new Set(entries.flatMap((one) => (one && read(one.texts)) ?? []))].join(' ');
    return {
      kept: {
        source: key.source,
        id: identity.id,
        packageTypes: (packageTypes?.length ? packageTypes : ['Dependency']).map((type) => type.toLowerCase()),
        versions: ` ${rows.map(({ version }) => version.toLowerCase()).join(' ')} `,
        shownTo: choices.reduce(
          (bits, choice) => (rows.some((row) => isShown(row, choice)) ? bits | choiceBit(choice) : bits),
          0,
        ),
      },
      texts: {
        key: keyOf(key.source, key.name),
        id: identity.id.text,
        // Shown in place of a title that is not there.
        title: words(({ title }) => title) || identity.id.text,
        tags: words(({ tags }) => tags),
        description: words(({ description }) => description),
        summary: words(({ summary }) => summary),
        authors: words(({ authors }) => authors),
        owners: words(({ owners }) => owners),
      },
    };
  });
}

const stableOnly = { prerelease: false, semVer2: true };
const choices = [false, true].flatMap((prerelease) => [false, true].map((semVer2) => ({ prerelease, semVer2 })));

function choiceBit({ prerelease, semVer2 }: { readonly prerelease: boolean; readonly semVer2: boolean }): number {
  return 1 << ((prerelease ? 1 : 0) + (semVer2 ? 2 : 0));
}

/** Whether a query may find it at all. */
export function isChosen(one: IndexedPackage, source: string, query: SearchQuery): boolean {
  return (
    one.source === source &&
    (one.shownTo & choiceBit(query)) !== 0 &&
    (query.packageType === undefined || one.packageTypes.includes(query.packageType))
  );
}

/** Sources' names hold no spaces. */
export const keyOf = (source: string, idKey: string) => `${source} ${idKey}`;
