import { fillTemplate, prepareBases } from './address-slot.js';
import { isObject } from './lenient-json.js';
import type { JsonObject } from './lenient-json.js';
import { PackageId } from './package-id.js';
import { PackageIdentity } from './package-identity.js';
import { PackageVersion } from './package-version.js';
import { readPackageTypes, readTextsOf } from './search-hit.js';
import type { SearchHitTexts } from './search-hit.js';

/** What a kept leaf says of its version, as search shows it. */
export interface RegistrationEntry {
  readonly identity: PackageIdentity;
  readonly texts: SearchHitTexts;
  readonly packageTypes?: readonly string[];
}

/** Stands in place of our base, which a kept leaf leaves open. No address begins so. */
const ownBase = '\u0002';
const bases = prepareBases({ registration: '', details: '', flat: ownBase });

/** @param template as `RegistrationLeaf.template` */
export function readRegistrationEntry(template: Buffer): RegistrationEntry | undefined {
  const filled: Buffer[] = [];
  fillTemplate(template, bases, filled);
  const leaf = JSON.parse(Buffer.concat(filled).toString()) as JsonObject;
  const entry = leaf['catalogEntry'];
  if (!isObject(entry)) return undefined;
  const id = PackageId.tryParse(entry['id']);
  const version = PackageVersion.tryParse(entry['version']);
  if (id === undefined || version === undefined) return undefined;
  const identity = new PackageIdentity(id, version);
  const packageTypes = readPackageTypes(entry['packageTypes']);
  return {
    identity,
    texts: readTextsOf(entry, identity, (url) => url.startsWith(ownBase)),
    ...(packageTypes !== undefined && { packageTypes }),
  };
}
