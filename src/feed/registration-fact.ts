import type { RegistrationLeaf } from '../nuget/registration-leaf.js';
import type { OwnedRow, RegistrationRow, SourceRegistration } from '../nuget/registration-table.js';
import type { FactShape } from './read-through.js';
import type { RegistrationListing } from './source.js';
import type { Fact, FactStore } from './store.js';

/** Leaves are joined to parts of at least this many bytes, so that a page needs one or two reads. */
const partBytes = 192 * 1024;

/** Head of a `registration` fact: `[version, flags, part, offset, length, sha512?]` per leaf, ascending. */
type RegistrationHead = readonly (readonly [
  version: string,
  flags: number,
  part: number,
  offset: number,
  length: number,
  sha512?: string,
])[];

const listedFlag = 1;
const semVer2Flag = 2;

export const registrationFact: FactShape<RegistrationListing> = {
  kind: 'registration',
  ask: (source, id, ask) => source.registration(id, ask),
  keep: ({ leaves, unparsable }) => ({ ...pack(leaves), unparsable }),
};

function pack(leaves: readonly RegistrationLeaf[]): { head: RegistrationHead; parts: Buffer[] } {
  const head: RegistrationHead[number][] = [];
  const parts: Buffer[] = [];
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for (const { version, listed, semVer2, sha512, template } of leaves) {
    head.push([
      version.full,
      (listed ? listedFlag : 0) | (semVer2 ? semVer2Flag : 0),
      parts.length,
      pendingBytes,
      template.length,
      ...(sha512 === undefined ? ([] as const) : ([sha512] as const)),
    ]);
    pending.push(template);
    pendingBytes += template.length;
    if (pendingBytes < partBytes) continue;
    parts.push(Buffer.concat(pending));
    pending = [];
    pendingBytes = 0;
  }
  if (pending.length > 0) parts.push(Buffer.concat(pending));
  return { head, parts };
}

export function readRegistration(fact: Fact): SourceRegistration {
  return {
    source: fact.key.source,
    rows: (fact.head as RegistrationHead).map(([version, flags, part, offset, length, sha512]): RegistrationRow => ({
      version,
      listed: (flags & listedFlag) !== 0,
      semVer2: (flags & semVer2Flag) !== 0,
      ...(sha512 !== undefined && { sha512 }),
      part,
      offset,
      length,
    })),
  };
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
