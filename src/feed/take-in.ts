import { createHash } from 'node:crypto';

import type { PackageIdentity } from '../nuget/package-identity.js';
import { failed, found, refused } from './answer.js';
import type { Answer, Reason } from './answer.js';
import type { Following } from './following.js';
import type { GuessedDownload } from './guessed-download.js';
import type { Arriving, Intake } from './intake.js';
import type { Opening } from './opening.js';
import { SourceBrokeOff } from './source.js';
import type { PackageBytes, Source } from './source.js';

export interface TakeInOptions {
  readonly source: Source;
  readonly identity: PackageIdentity;
  readonly maxPackageBytes: number;
  /** Nobody asked for it when it was begun. */
  readonly guessed: GuessedDownload | undefined;
  readonly intake: Intake;
  /** Told of the first bytes that look like a package. */
  readonly opening: Opening;
  /** Told of all bytes; those who follow set the pace. */
  readonly following: Following;
}

export interface TakenIn {
  readonly content: Arriving;
  /** Base64, of all bytes that came. */
  readonly sha512: string;
}

/**
 * Takes the bytes of a package in as they come: hashed, appended where they are to be kept, told to those who wait.
 * @throws when they cannot be taken in; the source is let go of
 */
export async function takeIn(sent: PackageBytes, options: TakeInOptions): Promise<Answer<TakenIn>> {
  const { bytes, size, lastModified } = sent;
  const { source, identity, maxPackageBytes, guessed, intake, opening, following } = options;
  const opened = { ...(size !== undefined && { size }), ...(lastModified !== undefined && { lastModified }) };
  const hash = createHash('sha512');
  try {
    let incoming = await intake.begin(size);
    for await (const piece of bytes) {
      if (piece.length === 0) continue;
      const received = incoming.received + piece.length;
      if (received > maxPackageBytes) {
        bytes.destroy();
        return refused(tooLarge(options, received));
      }
      if (guessed?.isTooMuch(received)) {
        bytes.destroy();
        guessed.giveUp();
        return failed(tooLargeUnasked(identity));
      }
      hash.update(piece);
      incoming = await intake.append(incoming, piece);
      if (!(await opening.mayBePackage(incoming))) {
        bytes.destroy();
        return refused({
          code: 'package-rejected',
          source: source.name,
          detail: `what ${source.name} sent as ${identity.toString()} is no package: it does not begin like a zip file`,
        });
      }
      opening.tell(opened);
      await following.tell();
    }
    return found({ content: incoming, sha512: hash.digest('base64') });
  } catch (error) {
    if (error instanceof SourceBrokeOff) return failed(error.reason);
    bytes.destroy();
    throw error;
  }
}

/** @param size in bytes, or what has come of it */
export function tooLarge(
  { source, identity, maxPackageBytes }: Pick<TakeInOptions, 'source' | 'identity' | 'maxPackageBytes'>,
  size: number,
): Reason {
  return {
    code: 'too-large',
    source: source.name,
    detail: `${identity.toString()} from ${source.name} has ${size} bytes or more and limits.maxPackageBytes is ${maxPackageBytes}`,
  };
}

export function tooLargeUnasked(identity: PackageIdentity): Reason {
  return { code: 'overloaded', detail: `${identity.toString()} is too large to be fetched unasked` };
}
