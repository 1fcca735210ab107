import type { ExecutionContext } from 'ava';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { PackageId } from '../../../src/nuget/package-id.js';
import { createLog } from '../../../src/ops/log.js';
import { FolderSource } from '../../../src/sources/folder/folder-source.js';
import type { FolderSourceOptions } from '../../../src/sources/folder/folder-source.js';
import { Lanes } from '../../../src/sources/folder/lanes.js';
import { ManualClock } from '../../support/larder.js';
import { makeNupkg } from '../../support/nupkg.js';
import type { NupkgRecipe } from '../../support/nupkg.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { valueOf } from '../open-source.js';

/** Longer than anything that a folder said is believed. */
export const laterMs = 5_000;

export interface LogEntry {
  readonly level: string;
  readonly msg: string;
  readonly file?: string;
  readonly why?: string;
  readonly package?: string;
  readonly used?: string;
}

/** Counts the file operations that pass. */
export class CountedLanes extends Lanes {
  runs = 0;
  override run<T>(work: () => Promise<T>): Promise<T> {
    this.runs++;
    return super.run(work);
  }
}

export interface FolderUnderTest {
  /** Its path. */
  readonly folder: string;
  readonly source: FolderSource;
  readonly clock: ManualClock;
  readonly lanes: CountedLanes;
  /** What was logged so far. */
  readonly entries: readonly LogEntry[];
  /** `file: text` of every warning so far. */
  warnings(): string[];
  put(path: string, content: NupkgRecipe | Buffer | string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Versions of an id as the source now tells them, after what it said before has grown old. */
  versionsLater(id: string): Promise<string[]>;
}

/** A folder on disk with these files, and our source in front of it; both end with the test. */
export async function openFolder(
  t: ExecutionContext,
  files: Readonly<Record<string, NupkgRecipe | Buffer | string>> = {},
  options: Partial<FolderSourceOptions> = {},
): Promise<FolderUnderTest> {
  const folder = join(await temporaryDirectory(t), 'packages');
  await mkdir(folder);
  const clock = new ManualClock();
  const lanes = new CountedLanes(3);
  const entries: LogEntry[] = [];
  const destination = new Writable({
    write(line: Buffer, _encoding, done) {
      entries.push(JSON.parse(line.toString()) as LogEntry);
      done();
    },
  });
  const source = new FolderSource({
    name: 'local',
    folder,
    timeouts: { headersMs: 10_000, idleMs: 10_000 },
    maxVersionsPerId: 100,
    lanes,
    clock,
    log: createLog({ level: 'debug', format: 'json' }, destination),
    ...options,
  });
  t.teardown(() => source.close());
  const opened: FolderUnderTest = {
    folder,
    source,
    clock,
    lanes,
    entries,
    warnings: () =>
      entries
        .filter(({ level }) => level === 'warn')
        .map(({ file = '', msg, why }) => `${file}: ${msg}${why ? ` (${why})` : ''}`),
    async put(path, content) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      const isRecipe = typeof content === 'object' && !Buffer.isBuffer(content);
      await writeFile(join(folder, path), isRecipe ? makeNupkg(content) : content);
    },
    remove: (path) => rm(join(folder, path), { recursive: true }),
    async versionsLater(id) {
      clock.advance(laterMs);
      const answer = await source.versions(PackageId.parse(id), {});
      return answer.kind === 'missing' ? [] : valueOf(answer).value.versions.map(String);
    },
  };
  for (const [path, content] of Object.entries(files)) await opened.put(path, content);
  return opened;
}

/** Lets a file be as old as the clock says it is now. */
export async function writtenNow({ folder, clock }: FolderUnderTest, path: string): Promise<void> {
  const now = new Date(clock.now());
  await utimes(join(folder, path), now, now);
}
