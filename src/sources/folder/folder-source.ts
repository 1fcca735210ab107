import { createHash } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import { BadPackageError } from '../../codec/bad-package.js';
import { readNuspec } from '../../codec/package-nuspec.js';
import { failed, found, missing, refused } from '../../feed/answer.js';
import type { Answer, Failed, Found, Missing, Reason, ReasonCode, Refused } from '../../feed/answer.js';
import type {
  Ask,
  PackageBytes,
  PublishedHash,
  RegistrationListing,
  Source,
  SourceAnswer,
  SourceLifetimes,
  VersionListing,
} from '../../feed/source.js';
import type { PackageId } from '../../nuget/package-id.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import type { RegistrationLeaf } from '../../nuget/registration-leaf.js';
import type { Clock } from '../../ops/clock.js';
import type { Logger } from '../../ops/log.js';
import { concurrently } from '../concurrently.js';
import type { FolderContents, FolderPackage } from './folder-contents.js';
import { isGone, pathOf, unreadable } from './folder-failure.js';
import { FolderIndex } from './folder-index.js';
import { readHashText } from './hash-file.js';
import { Lanes } from './lanes.js';
import { FileChangedError, OpenedFile, withFile } from './opened-file.js';
import { FileBytes } from './package-bytes.js';
import { packageLeaf } from './package-leaf.js';
import { Patience } from './patience.js';

export interface FolderSourceOptions {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  /** How long an answer of the file system is waited for: `headersMs` for a question, `idleMs` in the middle of a package. */
  readonly timeouts: { readonly headersMs: number; readonly idleMs: number };
  readonly maxVersionsPerId: number;
  /** Shared by all folders, so that dead mounts do not take every thread of the process. */
  readonly lanes: Lanes;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A folder is asked at little cost: what it said is believed for a moment only, so that a new file is seen soon. */
const lifetimeMs = 1_000;
/** File operations at one time. */
const laneCount = 2;
const leavesReadAtOnce = 4;
const maxLeafBytes = 16 * 1024 * 1024;
/** Part of the validators: another form of our leaves is another answer. */
const leafForm = 1;
const maxAttempts = 3;

/** A folder of packages, in either layout that NuGet knows. */
export class FolderSource implements Source {
  readonly name: string;
  readonly url: string;
  readonly lifetimes: SourceLifetimes = {
    versionsMs: lifetimeMs,
    registrationMs: lifetimeMs,
    missingMs: lifetimeMs,
  };
  readonly #index: FolderIndex;
  readonly #lanes: Lanes;
  readonly #asking: Patience;
  readonly #idle: Patience;
  /** By path and key of the file. */
  readonly #leaves = new LRUCache<string, RegistrationLeaf>({
    maxSize: maxLeafBytes,
    sizeCalculation: ({ template }, key) => template.length + key.length + 200,
  });

  constructor(private readonly options: FolderSourceOptions) {
    const { name, folder, clock, log, lanes, timeouts } = options;
    this.name = name;
    this.url = folder;
    this.#lanes = new Lanes(laneCount, lanes);
    this.#asking = new Patience(clock, timeouts.headersMs);
    this.#idle = new Patience(clock, timeouts.idleMs);
    this.#index = new FolderIndex({ source: name, folder, clock, log, lanes: this.#lanes });
  }

  /** Begins to look at the folder, so that the first question finds it read. */
  begin(): void {
    // What goes wrong is told to whoever asks.
    this.#index.current().catch(() => undefined);
  }

  versions(id: PackageId, ask: Ask): Promise<SourceAnswer<VersionListing>> {
    return this.#inTime(ask, async () => {
      const packages = this.#packagesOf(await this.#index.current(), id);
      if (packages.kind !== 'found') return packages;
      const etag = etagOf('versions', packages.value);
      if (ask.validators?.etag === etag) return { kind: 'unchanged' };
      const versions = packages.value.map(({ identity }) => identity.version);
      return found({ value: { versions, unparsable: [] }, validators: { etag } });
    });
  }

  registration(id: PackageId, ask: Ask): Promise<SourceAnswer<RegistrationListing>> {
    return this.#inTime(ask, () =>
      this.#withPackages(id, async (packages) => {
        const etag = etagOf('registration', packages);
        if (ask.validators?.etag === etag) return { kind: 'unchanged' };
        const leaves = await concurrently(packages, leavesReadAtOnce, (one) => this.#leafOf(one));
        return found({ value: { leaves, unparsable: [] }, validators: { etag } });
      }),
    );
  }

  /** `ask.signal` counts until the package is open; after that `bytes.destroy()` ends it. */
  async download(identity: PackageIdentity, ask: Ask): Promise<Answer<PackageBytes>> {
    let isAwaited = true;
    const open = async (packages: readonly FolderPackage[]): Promise<Found<PackageBytes> | Missing> => {
      const one = packages.find((candidate) => candidate.identity.equals(identity));
      if (!one) return missing;
      const opened = await OpenedFile.open(one.file, this.#lanes);
      if (!isAwaited) await opened.close();
      return found({
        size: opened.size,
        lastModified: new Date(one.file.mtimeMs).toUTCString(),
        bytes: new FileBytes(opened, this.name, this.#idle),
      });
    };
    try {
      return await this.#inTime(ask, () => this.#withPackages(identity.id, open));
    } finally {
      isAwaited = false;
    }
  }

  /** What the `.nupkg.sha512` beside the package says, when there is one. */
  publishedHash(identity: PackageIdentity, ask: Ask): Promise<Answer<PublishedHash>> {
    return this.#inTime(ask, () =>
      this.#withPackages(identity.id, async (packages) => {
        const one = packages.find((candidate) => candidate.identity.equals(identity));
        if (one?.file.hashAt === undefined) return missing;
        try {
          return found({ sha512: await readHashText(one.file.hashAt, this.#lanes) });
        } catch (error) {
          if (!(error instanceof BadPackageError)) throw error;
          return refused(this.#reason('source-refused', `${one.file.path}.sha512 cannot be used: ${error.message}`));
        }
      }),
    );
  }

  async close(): Promise<void> {
    await this.#index.close();
  }

  /** Looks again, a few times, when a file turns out to be another than the one that was listed. */
  async #withPackages<T>(
    id: PackageId,
    work: (packages: readonly FolderPackage[]) => Promise<T>,
  ): Promise<T | Missing | Refused | Failed> {
    for (let attempt = 1; ; attempt++) {
      const contents = await (attempt === 1 ? this.#index.current() : this.#index.renewed());
      const packages = this.#packagesOf(contents, id);
      if (packages.kind !== 'found') return packages;
      try {
        return await work(packages.value);
      } catch (error) {
        const isChanging = error instanceof FileChangedError || error instanceof BadPackageError || isGone(error);
        if (!isChanging) return failed(unreadable(this.name, pathOf(error) ?? this.url, error));
        if (attempt === maxAttempts)
          return failed(this.#reason('source-failed', `the files of ${id.text} change while they are read: try again`));
      }
    }
  }

  #packagesOf(
    contents: Answer<FolderContents>,
    id: PackageId,
  ): Found<readonly FolderPackage[]> | Missing | Refused | Failed {
    if (contents.kind !== 'found') return contents;
    const doubt = contents.value.doubtOf(id);
    if (doubt) return failed(doubt);
    const packages = contents.value.of(id);
    if (packages.length === 0) return missing;
    const { maxVersionsPerId } = this.options;
    if (packages.length <= maxVersionsPerId) return found(packages);
    const detail = `the folder has ${packages.length} versions of ${id.text}, more than the ${maxVersionsPerId} allowed`;
    return refused(this.#reason('too-large', detail));
  }

  async #leafOf({ file }: FolderPackage): Promise<RegistrationLeaf> {
    const key = `${file.path}\n${file.key}`;
    const kept = this.#leaves.get(key);
    if (kept) return kept;
    const { nuspec } = await withFile(file, this.#lanes, readNuspec);
    const leaf = packageLeaf(nuspec, file.mtimeMs);
    this.#leaves.set(key, leaf);
    return leaf;
  }

  /** @throws the reason of `ask.signal`, once it is aborted */
  async #inTime<T>(ask: Ask, work: () => Promise<T>): Promise<T | Failed> {
    ask.signal?.throwIfAborted();
    try {
      return await this.#asking.await(work(), () => new TooSlowError(), ask.signal);
    } catch (error) {
      if (!(error instanceof TooSlowError)) throw error;
      const { progress } = this.#index;
      const detail = `${this.url} did not answer in time${progress && ` (${progress})`}: look at the disk or the mount`;
      return failed(this.#reason('source-timeout', detail));
    }
  }

  #reason(code: ReasonCode, detail: string): Reason {
    return { code, source: this.name, detail };
  }
}

class TooSlowError extends Error {
  override readonly name = 'TooSlowError';
}

/** Changes when any of the files does. */
function etagOf(kind: string, packages: readonly FolderPackage[]): string {
  const hash = createHash('sha256').update(`${kind}/${leafForm}`);
  for (const { file } of packages) hash.update(`\n${file.path}\n${file.key}`);
  return `"${hash.digest('base64url').slice(0, 27)}"`;
}
