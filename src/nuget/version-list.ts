import { compareVersionKeys } from './version-order.js';

/** The versions one source has of an id, as keys (normalized, lower case), ascending. */
export interface SourceVersions {
  readonly source: string;
  readonly versions: readonly string[];
}

/** A version with the source that supplied its bytes first. */
export interface HeldVersion {
  /** Key. */
  readonly version: string;
  readonly source: string;
}

/** A version and the source that owns it: its facts and its bytes come from there, and from nowhere else. */
export interface OwnedVersion {
  /** Key. */
  readonly version: string;
  readonly source: string;
  /** Its package is kept here. */
  readonly isHeld?: true;
  /** Kept here, and its source's list has it no longer: it restores on, unlisted. */
  readonly isGone?: true;
}

/**
 * The one rule on which versions a feed has and who owns each, behind all documents and downloads: union by normalized version,
 * ascending. A version whose package is held belongs to the source that supplied it. One that was held once is bound to its bytes, so it
 * belongs to the source that supplied them as long as that lists it; any other to the first source in order that lists it.
 * Registrations only describe what is owned here: what stands in them alone is not shown, since nothing tells that its package can be had.
 *
 * @param listings in order of precedence
 * @param held of sources of the feed only
 * @param bound not held any more
 */
export function mergeVersions(
  listings: readonly SourceVersions[],
  held: readonly HeldVersion[] = [],
  isAbsent: (source: string, version: string) => boolean = nothingIsAbsent,
  bound: readonly HeldVersion[] = [],
): OwnedVersion[] {
  const suppliers = new Map(bound.map((one) => [one.version, one.source]));
  const keepers = new Map(held.map((one) => [one.version, one.source]));
  const lists = [...listings, { source: heldList, versions: [...keepers.keys()].sort(compareVersionKeys) }];
  const places = lists.map(({ source, versions }) => ({ source, versions, next: 0, head: versions[0] }));
  const owned: OwnedVersion[] = [];
  for (;;) {
    let lowest: string | undefined;
    for (const { head } of places)
      if (head !== undefined && (lowest === undefined || compareVersionKeys(head, lowest) < 0)) lowest = head;
    if (lowest === undefined) return owned;
    let first: string | undefined;
    const keeper = keepers.size > 0 ? keepers.get(lowest) : undefined;
    const supplier = suppliers.size > 0 ? suppliers.get(lowest) : undefined;
    let supplierLists = false;
    let keeperIsTold = false;
    let keeperLists = false;
    for (const place of places) {
      const { source } = place;
      if (keeper !== undefined && source === keeper) keeperIsTold = true;
      if (place.head !== lowest) continue;
      place.head = place.versions[++place.next];
      if (source === heldList) continue;
      if (source === keeper) keeperLists = true;
      if (isAbsent(source, lowest)) continue;
      if (source === supplier) supplierLists = true;
      first ??= source;
    }
    if (keeper !== undefined)
      owned.push({
        version: lowest,
        source: keeper,
        isHeld: true,
        ...(keeperIsTold && !keeperLists && { isGone: true }),
      });
    else if (first !== undefined)
      owned.push({ version: lowest, source: supplier !== undefined && supplierLists ? supplier : first });
  }
}

/** No source has an empty name. */
const heldList = '';
const nothingIsAbsent = () => false;

/** `{"versions":[…]}` (`package-base-address-resource.md`). */
export function renderVersionList(versions: readonly OwnedVersion[]): Buffer {
  return Buffer.from(JSON.stringify({ versions: versions.map(({ version }) => version) }));
}
