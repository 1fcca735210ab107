import { createHash, randomBytes } from 'node:crypto';
import type { IncomingPackage, PackageFacts, PackageRow, PackageStore } from '../../src/feed/store.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';

/** A package to put into a store: random bytes and the facts that go with them. */
export interface SamplePackage {
  readonly bytes: Buffer;
  readonly facts: PackageFacts;
}

export function samplePackage(id: string, version: string, size: number): SamplePackage {
  const bytes = randomBytes(size);
  return {
    bytes,
    facts: {
      identity: PackageIdentity.parse(id, version),
      source: 'nuget.org',
      sha512: createHash('sha512').update(bytes).digest('base64'),
      cachedAtMs: 1_700_000_000_000,
      lastModified: 'Tue, 14 Nov 2023 22:13:20 GMT',
    },
  };
}

export async function appendAll(incoming: IncomingPackage, bytes: Buffer, pieceBytes = 65_536): Promise<void> {
  for (let at = 0; at < bytes.length; at += pieceBytes) await incoming.append(bytes.subarray(at, at + pieceBytes));
}

export async function keep(packages: PackageStore, sample: SamplePackage): Promise<PackageRow> {
  const incoming = packages.begin();
  await appendAll(incoming, sample.bytes);
  return incoming.commit(sample.facts);
}

export async function collect(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

export async function readAll(packages: PackageStore, row: PackageRow): Promise<Buffer> {
  return collect((await packages.open(row)).stream());
}

export async function listKeys(packages: PackageStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const row of packages.list()) keys.push(row.identity.key);
  return keys;
}
