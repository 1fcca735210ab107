import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Answer, Reason } from './answer.js';

/** A reader of a download that did not come to a good end. Its socket must be destroyed, never ended cleanly. */
export class DownloadFailedError extends Error {
  override readonly name = 'DownloadFailedError';
  constructor(
    message: string,
    readonly reason: Reason,
  ) {
    super(message);
  }
}

/** What those are told who read a download that ended so. That the source has it no more is a failure to them: they were told that it has. */
export function downloadFailed(
  source: string,
  identity: PackageIdentity,
  outcome: Exclude<Answer<never>, { kind: 'found' }>,
): DownloadFailedError {
  const reason: Reason =
    outcome.kind === 'missing'
      ? { code: 'source-failed', source, detail: `${source} no longer has ${identity.toString()}` }
      : outcome.reason;
  return new DownloadFailedError(`the download of ${identity.toString()} failed: ${reason.detail}`, reason);
}
