import type { Evidence, PackageFacts, PackageRow } from '../../feed/store.js';
import { PackageIdentity } from '../../nuget/package-identity.js';

/** The version of everything that this store writes. Raised whenever an older program could not read it. */
export const layoutVersion = 2;

/** Where a package's bytes are. */
export interface Location {
  /** Counter of the commit record: it names the stored copy, as no counter is given out twice. */
  readonly record: number;
  /** Bytes in each chunk but the last. */
  readonly chunkBytes: number;
  /** Counters of the chunks in the order of the package, as runs: first, how many, first, how many, … */
  readonly runs: readonly number[];
}

/** The commit record in the blob log and the row in the index: the same JSON. */
interface PackageJson {
  readonly layout: number;
  readonly id: string;
  readonly version: string;
  readonly source: string;
  readonly sha512: string;
  readonly size: number;
  readonly cachedAtMs: number;
  readonly lastModified?: string;
  readonly evidence?: readonly Evidence[];
  readonly location: Location;
}

export interface LevelRow extends PackageRow {
  readonly location: Location;
}

export function encodeRow(row: LevelRow): Buffer {
  const json: PackageJson = {
    layout: layoutVersion,
    id: row.identity.id.text,
    version: row.identity.version.text,
    source: row.source,
    sha512: row.sha512,
    size: row.size,
    cachedAtMs: row.cachedAtMs,
    ...(row.lastModified === undefined ? {} : { lastModified: row.lastModified }),
    ...(row.evidence === undefined ? {} : { evidence: row.evidence }),
    location: row.location,
  };
  return Buffer.from(JSON.stringify(json));
}

/** Bytes of the row's own record in the blob log. */
export const rowBytes = (row: LevelRow): number => encodeRow(row).length;

/** @throws when these are not the bytes of a row that this version can read */
export function decodeRow(bytes: Buffer): LevelRow {
  const json = JSON.parse(bytes.toString()) as PackageJson;
  if (json.layout > layoutVersion)
    throw new Error(`a package record has layout ${json.layout}, newer than ${layoutVersion}`);
  const { record, chunkBytes, runs } = json.location;
  const location = { record, chunkBytes, runs };
  return makeRow({ ...json, identity: PackageIdentity.parse(json.id, json.version) }, json.size, location);
}

export function makeRow(facts: PackageFacts, size: number, location: Location): LevelRow {
  return {
    identity: facts.identity,
    source: facts.source,
    sha512: facts.sha512,
    size,
    cachedAtMs: facts.cachedAtMs,
    ...(facts.lastModified === undefined ? {} : { lastModified: facts.lastModified }),
    ...(facts.evidence === undefined ? {} : { evidence: facts.evidence }),
    location,
  };
}

export function toRuns(counters: readonly number[]): number[] {
  const runs: number[] = [];
  let next = -1;
  for (const counter of counters) {
    if (counter === next) runs[runs.length - 1]!++;
    else runs.push(counter, 1);
    next = counter + 1;
  }
  return runs;
}

export function fromRuns(runs: readonly number[]): number[] {
  const counters: number[] = [];
  for (let i = 0; i + 1 < runs.length; i += 2) for (let n = 0; n < runs[i + 1]!; n++) counters.push(runs[i]! + n);
  return counters;
}
