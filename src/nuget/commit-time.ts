/**
 * When something was committed to a catalog: ISO 8601 in UTC with seven digits behind the point, as text, so that the order of texts is that
 * of times. A `Date` would drop the last four digits (`catalog-resource.md`: a cursor is compared exactly). Empty: before everything.
 */
export type CommitTime = string;

const pattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)?$/;

/** Servers drop trailing zeros, and some write an offset. @returns `undefined` for what is no time */
export function readCommitTime(value: unknown): CommitTime | undefined {
  const [, seconds = '', fraction = '', zone = 'Z'] = (typeof value === 'string' && pattern.exec(value.trim())) || [];
  const timeMs = Date.parse(seconds + zone.toUpperCase());
  if (Number.isNaN(timeMs)) return undefined;
  const digits = `.${fraction.padEnd(7, '0').slice(0, 7)}Z`;
  // What catalogs write, tens of thousands of times in one document.
  if (zone === 'Z') return seconds + digits;
  const text = new Date(timeMs).toISOString();
  // An offset can lead out of the years that four digits hold.
  return /^\d{4}-/.test(text) ? text.slice(0, 19) + digits : undefined;
}

/** @param timeMs since the epoch */
export function commitTimeAt(timeMs: number): CommitTime {
  return `${new Date(timeMs).toISOString().slice(0, -1)}0000Z`;
}

/** So much before. */
export function earlier(time: CommitTime, byMs: number): CommitTime {
  return time === '' ? time : commitTimeAt(Date.parse(time) - byMs);
}
