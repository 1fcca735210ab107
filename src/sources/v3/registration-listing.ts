import { setImmediate as nextTurn } from 'node:timers/promises';
import { isJsonObject } from '../../codec/json-document.js';
import type { JsonObject } from '../../codec/json-document.js';
import type { RegistrationListing } from '../../feed/source.js';
import { PackageVersion } from '../../nuget/package-version.js';
import { readRegistrationLeaf } from '../../nuget/registration-leaf.js';
import type { LeafContext, RegistrationLeaf } from '../../nuget/registration-leaf.js';

/** Leaves read between two turns of the event loop: 1 to 2 ms. */
const sliceSize = 24;

/** @returns the listing, or `undefined` when there are leaves and none is of the package that was asked for */
export async function listLeaves(
  bytes: readonly Buffer[],
  context: LeafContext,
): Promise<RegistrationListing | undefined> {
  const byKey = new Map<string, RegistrationLeaf>();
  const unparsable: string[] = [];
  for (const [place, leafBytes] of bytes.entries()) {
    if (place % sliceSize === sliceSize - 1) await nextTurn();
    const element = parseLeaf(leafBytes);
    const strange = strangeVersion(element);
    const leaf = strange === undefined ? readRegistrationLeaf(element, context) : { unparsable: strange };
    if (leaf === undefined) continue;
    if ('unparsable' in leaf) unparsable.push(leaf.unparsable);
    else if (!byKey.has(leaf.version.key)) byKey.set(leaf.version.key, leaf);
  }
  if (byKey.size === 0 && unparsable.length === 0 && bytes.length > 0) return undefined;
  const leaves = [...byKey.values()].sort((a, b) => PackageVersion.compare(a.version, b.version));
  return { leaves, unparsable };
}

/** The address of a version's package as the registration tells it, in the leaf or in its entry. */
export function findPackageContent(bytes: readonly Buffer[], version: PackageVersion): string | undefined {
  for (const leafBytes of bytes) {
    const leaf = parseLeaf(leafBytes);
    const entry = leaf?.['catalogEntry'];
    if (!isJsonObject(entry) || !PackageVersion.tryParse(entry['version'])?.equals(version)) continue;
    const content = leaf?.['packageContent'] ?? entry['packageContent'];
    if (typeof content === 'string' && content !== '') return content;
  }
  return undefined;
}

function parseLeaf(bytes: Buffer): JsonObject | undefined {
  const leaf: unknown = JSON.parse(bytes.toString('utf8'));
  return isJsonObject(leaf) ? leaf : undefined;
}

/** A version that is not even text, as text. */
function strangeVersion(leaf: JsonObject | undefined): string | undefined {
  const entry = leaf?.['catalogEntry'];
  const version = isJsonObject(entry) ? entry['version'] : '';
  return typeof version === 'string' ? undefined : JSON.stringify(version ?? null).slice(0, 100);
}
