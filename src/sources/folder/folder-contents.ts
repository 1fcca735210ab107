import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Reason } from '../../feed/answer.js';
import type { PackageId } from '../../nuget/package-id.js';
import type { PackageIdentity } from '../../nuget/package-identity.js';
import { PackageVersion } from '../../nuget/package-version.js';
import type { FileReading } from './file-reading.js';
import { agrees, mayBeOf } from './file-name.js';
import type { ListedFile } from './folder-listing.js';
import type { Remark } from './remarks.js';

export interface FolderPackage {
  readonly identity: PackageIdentity;
  readonly file: ListedFile;
}

export interface ReadFile {
  readonly file: ListedFile;
  readonly reading: FileReading;
}

/** A part of the folder that could not be looked at. */
export interface Hole {
  /** Below the folder. */
  readonly path: string;
  readonly reason: Reason;
}

/** What a folder holds, at one moment. */
export class FolderContents {
  private constructor(
    private readonly byId: ReadonlyMap<string, readonly FolderPackage[]>,
    private readonly holes: readonly Hole[],
    readonly packageCount: number,
  ) {}

  get idCount(): number {
    return this.byId.size;
  }

  /**
   * @param files in any order
   * @param holes directories that could not be listed
   * @returns the contents, and what is to be told of them
   */
  static async of(
    files: readonly ReadFile[],
    holes: readonly Hole[],
  ): Promise<{ contents: FolderContents; remarks: readonly Remark[] }> {
    const remarks: Remark[] = [];
    const fileHoles: Hole[] = [];
    const byIdentity = new Map<string, FolderPackage>();
    const byId = new Map<string, FolderPackage[]>();
    const sorted = files.toSorted((a, b) => (a.file.path < b.file.path ? -1 : 1));
    for (const [place, { file, reading }] of sorted.entries()) {
      // At the first one too: the sorting took its time.
      if (place % sliceSize === 0) await nextTurn();
      if (reading.kind === 'broken') remarks.push({ file: file.path, text: passedOver, about: { why: reading.why } });
      if (reading.kind === 'unreadable') fileHoles.push({ path: file.path, reason: reading.reason });
      if (reading.kind !== 'package') continue;
      const { identity } = reading;
      if (!agrees(file.name, identity))
        remarks.push({ file: file.path, text: misnamed, about: { package: identity.toString() } });
      const first = byIdentity.get(identity.key);
      if (first) {
        const about = { package: identity.toString(), used: first.file.path };
        remarks.push({ file: file.path, text: doubled, about });
        continue;
      }
      const added: FolderPackage = { identity, file };
      byIdentity.set(identity.key, added);
      const others = byId.get(identity.id.key);
      if (others) others.push(added);
      else byId.set(identity.id.key, [added]);
    }
    let sortedCount = 0;
    for (const packages of byId.values()) {
      if (packages.length > 1) packages.sort((a, b) => PackageVersion.compare(a.identity.version, b.identity.version));
      sortedCount += packages.length;
      if (sortedCount < sliceSize) continue;
      sortedCount = 0;
      await nextTurn();
    }
    const allHoles = [...holes, ...fileHoles];
    for (const { path, reason } of allHoles)
      remarks.push({ file: path, text: 'a part of the folder cannot be read', about: { why: reason.detail } });
    return { contents: new FolderContents(byId, allHoles, byIdentity.size), remarks };
  }

  /** Ascending by version; none when the folder has none. */
  of(id: PackageId): readonly FolderPackage[] {
    return this.byId.get(id.key) ?? [];
  }

  /**
   * Why it is not known which versions of the id there are: a file that may be one of it cannot be read, or its directory cannot, or
   * it was found nowhere and there is a directory that nobody could look into.
   */
  doubtOf(id: PackageId): Reason | undefined {
    if (this.holes.length === 0) return undefined;
    const isFound = this.byId.has(id.key);
    return this.holes.find(({ path }) => {
      const [first = '', ...rest] = path.toLowerCase().split('/');
      const name = rest.at(-1) ?? first;
      if (name.endsWith('.nupkg')) return mayBeOf(name, id);
      return first === id.key || (rest.length === 0 && !isFound);
    })?.reason;
  }
}

/** Packages put in order between two turns of the event loop: 1 to 3 ms. */
const sliceSize = 1_000;

const passedOver = 'a file of the folder is no package that can be read: it is passed over';
const misnamed = 'a file is named unlike the package in it: the package counts';
const doubled = 'a file holds a package that another file holds too: the first by path is used';
