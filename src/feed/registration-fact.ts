import type { PackageVersion } from '../nuget/package-version.js';
import type { RegistrationLeaf } from '../nuget/registration-leaf.js';
import type { OwnedRow, SourceRegistration } from '../nuget/registration-table.js';
import type { FactShape } from './fact-shape.js';
import { readHead, writeHead } from './registration-head.js';
import type { RegistrationHead } from './registration-head.js';
import type { RegistrationListing } from './source.js';
import type { Fact, FactStore } from './store.js';

/** Leaves are joined to parts of at least this many bytes, so that a page needs one or two reads. */
const partBytes = 192 * 1024;

export const registrationFact: FactShape<RegistrationListing> = {
  kind: 'registration',
  ask: (source, id, ask) => source.registration(id, ask),
  keep: ({ leaves, unparsable }) => ({ ...pack(leaves), unparsable }),
};

function pack(leaves: readonly RegistrationLeaf[]): { head: RegistrationHead; parts: Buffer[] } {
  const parts: Buffer[] = [];
  const counts: number[] = [];
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  const close = () => {
    parts.push(Buffer.concat(pending));
    counts.push(pending.length);
    pending = [];
    pendingBytes = 0;
  };
  for (const { template } of leaves) {
    pending.push(template);
    pendingBytes += template.length;
    if (pendingBytes >= partBytes) close();
  }
  if (pending.length > 0) close();
  const rows = leaves.map(({ version, listed, semVer2, template, sha512 }) => ({
    version: version.full,
    listed,
    semVer2,
    length: template.length,
    ...(sha512 !== undefined && { sha512 }),
  }));
  const detailsAt = leaves.reduce(
    (newest, leaf) => ((leaf.detailsAt ?? '') > newest ? (leaf.detailsAt ?? '') : newest),
    '',
  );
  return { head: { ...writeHead(rows, counts), ...(detailsAt !== '' && { detailsAt }) }, parts };
}

/** The newest of the catalog's details that a registration was made from; `undefined` where it does not tell. */
export function newestDetails(fact: Fact): string | undefined {
  return (fact.head as RegistrationHead).detailsAt;
}

export function readRegistration(fact: Fact): SourceRegistration {
  const { source } = fact.key;
  return { source, rows: readHead(fact.head as RegistrationHead, source) };
}

/** The hash that a source's registration told of a version; `undefined` where it told none. */
export function toldHash(fact: Fact, version: PackageVersion): string | undefined {
  const { hashes } = fact.head as RegistrationHead;
  return hashes && readRegistration(fact).rows.find(({ key }) => key === version.key)?.sha512;
}

/** A fact was replaced while its leaves were being read: read the facts again. */
export class FactReplacedError extends Error {
  override readonly name = 'FactReplacedError';
}

/**
 * The leaf templates of some rows, each part read once.
 * @throws FactReplacedError when one of the facts was replaced meanwhile
 */
export async function readLeaves(
  store: FactStore,
  facts: readonly Fact[],
  rows: readonly OwnedRow[],
): Promise<Buffer[]> {
  const factOf = new Map(facts.map((fact) => [fact.key.source, fact]));
  const parts = new Map<string, Promise<Buffer | undefined>>();
  return Promise.all(
    rows.map(async ({ source, part, offset, length }) => {
      const fact = factOf.get(source);
      if (!fact) throw new FactReplacedError(`no registration of ${source} is at hand`);
      const key = `${source}/${part}`;
      const reading = parts.get(key) ?? store.readPart(fact, part);
      parts.set(key, reading);
      const bytes = await reading;
      if (!bytes || bytes.length < offset + length)
        throw new FactReplacedError(`the registration of ${fact.key.name} from ${source} was replaced`);
      return bytes.subarray(offset, offset + length);
    }),
  );
}
