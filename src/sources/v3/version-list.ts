import { setImmediate as nextTurn } from 'node:timers/promises';
import { UnreadableDocumentError } from '../../codec/json-document.js';
import type { JsonObject } from '../../codec/json-document.js';
import { PackageVersion } from '../../nuget/package-version.js';
import type { VersionListing } from '../../feed/source.js';

/** Strings read between two turns of the event loop: about 1 ms. */
const sliceSize = 1_000;

/**
 * The strings of a flat container's version list (`package-base-address-resource.md`).
 *
 * @throws UnreadableDocumentError without a list: such an answer (an error in disguise, say) does not tell that there are no versions
 */
export function readVersionStrings(document: JsonObject): readonly unknown[] {
  const versions = document['versions'];
  // Some servers write null where there is nothing.
  if (versions === null) return [];
  if (!Array.isArray(versions)) throw new UnreadableDocumentError('is not a version list');
  return versions;
}

/** Reads version strings as a listing: ascending, each version once, what NuGet cannot read set apart. */
export async function listVersions(strings: readonly unknown[]): Promise<VersionListing> {
  const byKey = new Map<string, PackageVersion>();
  const unparsable: string[] = [];
  for (const [place, text] of strings.entries()) {
    if (place % sliceSize === sliceSize - 1) await nextTurn();
    const version = PackageVersion.tryParse(text);
    if (version === undefined) unparsable.push((typeof text === 'string' ? text : JSON.stringify(text)).slice(0, 100));
    else if (!byKey.has(version.key)) byKey.set(version.key, version);
  }
  return { versions: [...byKey.values()].sort((a, b) => PackageVersion.compare(a, b)), unparsable };
}
