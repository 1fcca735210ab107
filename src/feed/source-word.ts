import type { PackageId } from '../nuget/package-id.js';
import type { PackageVersion } from '../nuget/package-version.js';
import type { Reason } from './answer.js';
import type { SourceWord } from './explanation.js';
import type { Told } from './told.js';
import { readVersions } from './versions-fact.js';

/** What an explanation is about. */
export interface Subject {
  readonly id: PackageId;
  readonly version?: PackageVersion;
}

/** The versions that a source's word counts, kept or told now; `undefined` when it has no word. */
export function versionsTold({ answer }: Told): readonly string[] | undefined {
  if (answer.kind === 'found') return readVersions({ ...answer.value }).versions;
  return answer.kind === 'missing' ? [] : undefined;
}

/** Whether this is the source's own present word, and not an old one in its place. */
export const isPresent = ({ answer, staleBecause }: Told): boolean =>
  staleBecause === undefined && (answer.kind === 'found' || answer.kind === 'missing');

/**
 * A source's word on one id or version, for people.
 * @param denied keys of the versions whose packages it said it does not have, whatever it lists
 */
export function wordOf(
  told: Told,
  subject: Subject,
  denied: ReadonlySet<string>,
): Pick<SourceWord, 'state' | 'checkedAt' | 'detail' | 'versions'> {
  const versions = versionsTold(told);
  const checkedAt = new Date(told.checkedAtMs).toISOString();
  const { answer } = told;
  if (versions === undefined) {
    const reason = (answer as Extract<typeof answer, { reason: Reason }>).reason;
    if (reason.code === 'offline-miss')
      return { state: 'notAsked', checkedAt: null, detail: 'not asked while offline, and nothing it said is kept' };
    return { state: failureOf(reason), checkedAt, detail: reason.detail };
  }
  const had = { ...(answer.kind === 'found' && { versions }) };
  const lists = subject.version ? versions.includes(subject.version.key) : versions.length > 0;
  const isDenied = lists && subject.version !== undefined && denied.has(subject.version.key);
  const words = `${wordsOf(versions, subject)}${isDenied ? ', and says that its package is not there' : ''}`;
  if (told.staleBecause) {
    const { detail } = told.staleBecause;
    return {
      state: failureOf(told.staleBecause),
      checkedAt,
      detail: `${detail}; before that it ${past(words)}`,
      ...had,
    };
  }
  return {
    state: lists && !isDenied ? 'found' : 'missing',
    checkedAt,
    detail: told.state === 'OFFLINE' ? `not asked while offline; it ${past(words)}` : words,
    ...had,
  };
}

const failureOf = ({ code }: Reason): 'refused' | 'failed' =>
  code === 'source-refused' || code === 'too-large' || code === 'package-rejected' ? 'refused' : 'failed';

function wordsOf(versions: readonly string[], { id, version }: Subject): string {
  if (versions.length === 0) return `says that it has no package ${id.text}`;
  const all = versions.length === 1 ? '1 version' : `${versions.length} versions`;
  if (version === undefined) return `lists ${all}, the highest is ${versions.at(-1) ?? ''}`;
  return versions.includes(version.key)
    ? `lists ${version.normalized} among ${all}`
    : `lists ${all}, and ${version.normalized} is not among them`;
}

const past = (words: string) => words.replace(/^lists/, 'listed').replace(/^says that it has/, 'said that it has');
