import type { FactKey, FactKind } from '../feed/store.js';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';

/*
 * The only maker of keys.
 *
 *   meta   !layout  !checkpoint  !reserved
 *          doomed/<record counter>                        packages forgotten by layout 1, to be told in the log
 *          fact/<source>/<kind>/<name>                    header
 *          part/<source>/<kind>/<name>/<epoch>/<number>   body
 *          unfinished/<source>/<kind>/<name>              parts being written ahead of their header
 *          package/<id>/<version>                         row
 *          pin/<id>/<version>                             source and hash of a package that is not kept any more
 *          holds/<generation>/<record counter>            package with bytes in this generation, by its identity's key
 *          told/<counter>                                 removal in the blob log
 *          used/<generation>                              records of packages used since they were written
 *   blobs  8 bytes big-endian counter, 1 byte tag
 */

export const layoutKey = '!layout';
/** Everything in the blob log below this counter is settled. */
export const checkpointKey = '!checkpoint';
/** Counters from here on were never given out. */
export const reservedKey = '!reserved';

export const packageKey = (identity: PackageIdentity): string => packageKeyOf(identity.key);
/** From the key of an identity. */
export const packageKeyOf = (identityKey: string): string => `package/${identityKey}`;
export const pinKey = (identity: PackageIdentity): string => `pin/${identity.key}`;
export const holdKey = (generation: number, record: number): string => `holds/${hex(generation, 8)}/${hex(record, 14)}`;
export const toldKey = (removal: number): string => `told/${hex(removal, 14)}`;
export const usedKey = (generation: number): string => `used/${hex(generation, 8)}`;
export const doomedKey = (record: number): string => `doomed/${hex(record, 14)}`;
export const factKey = (key: FactKey): string => `fact/${factPath(key)}`;
export const unfinishedKey = (key: FactKey): string => unfinishedKeyOf(factKey(key));
export const partKey = (key: FactKey, epoch: string, part: number): string => partKeyOf(factKey(key), epoch, part);

/** From the key of a fact's header. */
export const unfinishedKeyOf = (headerKey: string): string => headerKey.replace(/^fact/, 'unfinished');
/** All parts of a fact, of whatever write. */
export const partsOf = (key: FactKey): { gt: string; lt: string } => ({
  gt: `part/${factPath(key)}/`,
  lt: `part/${factPath(key)}0`,
});
/** From the key of a fact's header. */
export const partKeyOf = (headerKey: string, epoch: string, part: number): string =>
  `${headerKey.replace(/^fact/, 'part')}/${escape(epoch)}/${hex(part, 8)}`;
/** Back from the key of an unfinished mark to that of the fact's header. */
export const headerKeyOf = (unfinished: string): string => unfinished.replace(/^unfinished/, 'fact');

/** The keys of an id's packages. */
export const packagesOf = (id: PackageId): { gt: string; lt: string } => ({
  gt: `package/${id.key}/`,
  lt: `package/${id.key}0`,
});

/** The packages with bytes in a generation. */
export const heldBy = (generation: number): { gt: string; lt: string } => ({
  gt: `holds/${hex(generation, 8)}/`,
  lt: `holds/${hex(generation, 8)}0`,
});

/** The removals with counters from `first` up to but not including `end`. */
export const toldBetween = (first: number, end: number): { gte: string; lt: string } => ({
  gte: toldKey(first),
  lt: end === Infinity ? 'told0' : toldKey(end),
});

/** The record in a key of `holds`. */
export const recordIn = (key: string): number => Number.parseInt(key.split('/')[2] ?? '', 16);

/** The generation in a key of `holds` or `used`. */
export const generationIn = (key: string): number => Number.parseInt(key.split('/')[1] ?? '', 16);

/** The keys of the pins of an id's packages. */
export const pinsOf = (id: PackageId): { gt: string; lt: string } => ({ gt: `pin/${id.key}/`, lt: `pin/${id.key}0` });

/** Back from the key of a fact's header. */
export function readFactKey(headerKey: string): FactKey {
  const [, source = '', kind = '', name = ''] = headerKey.split('/');
  return { source: unescape(source), kind: kind as FactKind, name: unescape(name) };
}

/** The keys that begin with `prefix` followed by a slash. */
export const under = (
  prefix: 'package' | 'pin' | 'doomed' | 'unfinished' | 'fact' | 'holds' | 'used',
): { gt: string; lt: string } => ({
  gt: `${prefix}/`,
  lt: `${prefix}0`,
});

/** What an entry of the blob log is, in the order that entries of one counter have. */
export type BlobKind = 'chunk' | 'record' | 'removal' | 'end';
const blobKinds: readonly BlobKind[] = ['chunk', 'record', 'removal', 'end'];

export const chunkKey = (counter: number): Buffer => blobKey(counter, 'chunk');
export const recordKey = (counter: number): Buffer => blobKey(counter, 'record');
export const removalKey = (counter: number): Buffer => blobKey(counter, 'removal');
/** The last entry of a generation behind which another was begun. */
export const endKey = (counter: number): Buffer => blobKey(counter, 'end');

/** What a key of the blob log stands for. */
export function readBlobKey(key: Buffer): { readonly counter: number; readonly kind: BlobKind | undefined } {
  return { counter: Number(key.readBigUInt64BE(0)), kind: blobKinds[key[8] ?? 0] };
}

function blobKey(counter: number, kind: BlobKind): Buffer {
  const key = Buffer.allocUnsafe(9);
  key.writeBigUInt64BE(BigInt(counter), 0);
  key[8] = blobKinds.indexOf(kind);
  return key;
}

function factPath(key: FactKey): string {
  return `${escape(key.source)}/${key.kind}/${escape(key.name)}`;
}

/** Injective: the separator, the escape character itself, and lone surrogates (which UTF-8 would fold into one) are written in hex. */
function escape(text: string): string {
  return text.replace(/[%/\p{Cs}]/gu, (character) => `%${hex(character.charCodeAt(0), 4)}`);
}

function unescape(text: string): string {
  return text.replace(/%([0-9a-f]{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
