import type { FactKey, FactKind } from '../feed/store.js';
import type { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';

/*
 * The only maker of keys.
 *
 *   meta   !layout  !checkpoint  !reserved
 *          doomed/<record counter>                        packages forgotten whose bytes are still to be deleted
 *          fact/<source>/<kind>/<name>                    header
 *          part/<source>/<kind>/<name>/<epoch>/<number>   body
 *          unfinished/<source>/<kind>/<name>              parts being written ahead of their header
 *          package/<id>/<version>                         row
 *   blobs  8 bytes big-endian counter, 1 byte tag
 */

export const layoutKey = '!layout';
/** Everything in the blob log below this counter is settled. */
export const checkpointKey = '!checkpoint';
/** Counters from here on were never given out. */
export const reservedKey = '!reserved';

export const packageKey = (identity: PackageIdentity): string => `package/${identity.key}`;
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

/** Back from the key of a fact's header. */
export function readFactKey(headerKey: string): FactKey {
  const [, source = '', kind = '', name = ''] = headerKey.split('/');
  return { source: unescape(source), kind: kind as FactKind, name: unescape(name) };
}

/** The keys that begin with `prefix` followed by a slash. */
export const under = (prefix: 'package' | 'doomed' | 'unfinished' | 'fact'): { gt: string; lt: string } => ({
  gt: `${prefix}/`,
  lt: `${prefix}0`,
});

const chunkTag = 0;
const recordTag = 1;

export const chunkKey = (counter: number): Buffer => blobKey(counter, chunkTag);
export const recordKey = (counter: number): Buffer => blobKey(counter, recordTag);

/** What a key of the blob log stands for. */
export function readBlobKey(key: Buffer): { readonly counter: number; readonly isRecord: boolean } {
  return { counter: Number(key.readBigUInt64BE(0)), isRecord: key[8] === recordTag };
}

function blobKey(counter: number, tag: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key.writeBigUInt64BE(BigInt(counter), 0);
  key[8] = tag;
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
