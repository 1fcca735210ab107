import type { RegistrationRow } from '../nuget/registration-table.js';
import { keyOfFull } from '../nuget/version-order.js';

/**
 * Head of a `registration` fact: one column per property, so that thousands of rows are read in a fraction of a millisecond.
 * Leaves stand in the parts one after the other, so lengths alone tell where.
 */
export interface RegistrationHead {
  /** Full versions joined by spaces, ascending. */
  readonly versions: string;
  /** One character per row: `listedFlag` and `semVer2Flag` added up, as a digit. */
  readonly flags: string;
  /** Bytes of each leaf. */
  readonly lengths: readonly number[];
  /** Number of leaves in each part. */
  readonly counts: readonly number[];
  /** Published SHA-512 in base64, by row. */
  readonly hashes?: Readonly<Record<number, string>>;
  /** The newest of the catalog's details that the leaves were made from (`nuget/details-stamp.ts`). */
  readonly detailsAt?: string;
}

const listedFlag = 1;
const semVer2Flag = 2;

/** What is written of a row. */
export type HeadRow = Pick<RegistrationRow, 'version' | 'listed' | 'semVer2' | 'length' | 'sha512'>;

export function writeHead(rows: readonly HeadRow[], counts: readonly number[]): RegistrationHead {
  const hashes = Object.fromEntries(
    rows.flatMap(({ sha512 }, row): [number, string][] => (sha512 === undefined ? [] : [[row, sha512]])),
  );
  return {
    versions: rows.map(({ version }) => version).join(' '),
    flags: rows.map(({ listed, semVer2 }) => (listed ? listedFlag : 0) + (semVer2 ? semVer2Flag : 0)).join(''),
    lengths: rows.map(({ length }) => length),
    counts,
    ...(Object.keys(hashes).length > 0 && { hashes }),
  };
}

export function readHead(
  { versions, flags, lengths, counts, hashes }: RegistrationHead,
  source: string,
): RegistrationRow[] {
  let part = 0;
  let leftInPart = counts[0] ?? 0;
  let offset = 0;
  return (versions === '' ? [] : versions.split(' ')).map((version, row) => {
    if (leftInPart === 0) {
      leftInPart = counts[++part] ?? 0;
      offset = 0;
    }
    leftInPart--;
    const flag = flags.charCodeAt(row) - zero;
    const length = lengths[row] ?? 0;
    const sha512 = hashes?.[row];
    const read: RegistrationRow = {
      source,
      version,
      key: keyOfFull(version),
      listed: (flag & listedFlag) !== 0,
      semVer2: (flag & semVer2Flag) !== 0,
      part,
      offset,
      length,
      ...(sha512 !== undefined && { sha512 }),
    };
    offset += length;
    return read;
  });
}

const zero = 0x30;
