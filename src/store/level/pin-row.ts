import type { PinnedPackage } from '../../feed/store.js';
import { PackageIdentity } from '../../nuget/package-identity.js';

interface PinJson {
  readonly id: string;
  readonly version: string;
  readonly source: string;
  readonly sha512: string;
}

/** What stays in the index of a package that is not kept any more. */
export function encodePin({ identity, source, sha512 }: PinnedPackage): Buffer {
  const json: PinJson = { id: identity.id.text, version: identity.version.text, source, sha512 };
  return Buffer.from(JSON.stringify(json));
}

export function decodePin(bytes: Buffer): PinnedPackage {
  const { id, version, source, sha512 } = JSON.parse(bytes.toString()) as PinJson;
  return { identity: PackageIdentity.parse(id, version), source, sha512 };
}
