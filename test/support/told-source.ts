import { found, missing, refused, failed } from '../../src/feed/answer.js';
import type { Answer } from '../../src/feed/answer.js';
import type {
  PackageBytes,
  PublishedHash,
  RegistrationListing,
  Source,
  SourceAnswer,
  VersionListing,
} from '../../src/feed/source.js';
import type { PackageId } from '../../src/nuget/package-id.js';
import type { PackageIdentity } from '../../src/nuget/package-identity.js';
import { PackageVersion } from '../../src/nuget/package-version.js';
import { readRegistrationLeaf } from '../../src/nuget/registration-leaf.js';
import { makeNupkg, sha512Of } from './nupkg.js';

/** One version as a told source has it. */
export interface ToldVersion {
  /** As the source spells id and version. */
  readonly id: string;
  readonly version: string;
  readonly listed: boolean;
  readonly dependencyRange: string;
  /** The same bytes as every other source that has a twin of it. */
  readonly isTwin: boolean;
  /** What the source tells of it: its own documents may disagree. */
  readonly inList: boolean;
  readonly inRegistration: boolean;
  readonly hasPackage: boolean;
}

export type ToldState = 'up' | 'down' | 'refusing';

/** A source that is told what to say, without a server: for thousands of feeds in a minute. */
export class ToldSource implements Source {
  readonly url: string;
  state: ToldState = 'up';
  readonly asked: { readonly what: string; readonly id: string }[] = [];
  readonly versionsOfIds = new Map<string, Map<string, ToldVersion>>();

  constructor(
    readonly name: string,
    private readonly publishesHashes: boolean,
  ) {
    this.url = `told:${name}`;
  }

  has(told: ToldVersion): void {
    const key = told.id.toLowerCase();
    const versions = this.versionsOfIds.get(key) ?? new Map<string, ToldVersion>();
    versions.set(PackageVersion.parse(told.version).key, told);
    this.versionsOfIds.set(key, versions);
  }

  bytesOf(told: ToldVersion): Buffer {
    return bytesOf(told, told.isTwin ? 'everyone' : this.name);
  }

  async versions(id: PackageId): Promise<SourceAnswer<VersionListing>> {
    const trouble = this.#ask('versions', id);
    if (trouble) return trouble;
    const told = this.#of(id).filter(({ inList }) => inList);
    if (told.length === 0) return missing;
    const versions = told.map(({ version }) => PackageVersion.parse(version));
    return found({
      value: { versions: versions.sort((a, b) => PackageVersion.compare(a, b)), unparsable: [] },
      validators: {},
    });
  }

  async registration(id: PackageId): Promise<SourceAnswer<RegistrationListing>> {
    const trouble = this.#ask('registration', id);
    if (trouble) return trouble;
    const told = this.#of(id).filter(({ inRegistration }) => inRegistration);
    if (told.length === 0) return missing;
    const leaves = told.flatMap((one) => {
      const entry = {
        id: one.id,
        version: one.version,
        listed: one.listed,
        description: this.name,
        dependencyGroups: [{ dependencies: [{ id: 'Other', range: one.dependencyRange }] }],
        ...(this.publishesHashes && { packageHash: sha512Of(this.bytesOf(one)), packageHashAlgorithm: 'SHA512' }),
      };
      const leaf = readRegistrationLeaf({ catalogEntry: entry }, { id, isOwnAddress: () => false });
      return leaf && 'template' in leaf ? [leaf] : [];
    });
    leaves.sort((a, b) => PackageVersion.compare(a.version, b.version));
    return found({ value: { leaves, unparsable: [] }, validators: {} });
  }

  async download(identity: PackageIdentity): Promise<Answer<PackageBytes>> {
    const trouble = this.#ask('download', identity.id);
    if (trouble) return trouble;
    const told = this.versionsOfIds.get(identity.id.key)?.get(identity.version.key);
    if (!told?.hasPackage) return missing;
    const bytes = this.bytesOf(told);
    const stream = (async function* () {
      yield bytes;
    })();
    return found({ size: bytes.length, bytes: Object.assign(stream, { destroy: () => undefined }) });
  }

  async publishedHash(identity: PackageIdentity): Promise<Answer<PublishedHash>> {
    const trouble = this.#ask('hash', identity.id);
    if (trouble) return trouble;
    const told = this.versionsOfIds.get(identity.id.key)?.get(identity.version.key);
    return told && this.publishesHashes ? found({ sha512: sha512Of(this.bytesOf(told)) }) : missing;
  }

  async close(): Promise<void> {}

  #of(id: PackageId): readonly ToldVersion[] {
    return [...(this.versionsOfIds.get(id.key)?.values() ?? [])];
  }

  #ask(what: string, id: PackageId) {
    this.asked.push({ what, id: id.key });
    if (this.state === 'down')
      return failed({ code: 'source-unreachable', source: this.name, detail: `${this.name} is down` });
    if (this.state === 'refusing')
      return refused({ code: 'source-refused', source: this.name, detail: `${this.name} refuses` });
    return undefined;
  }
}

const made = new Map<string, Buffer>();

function bytesOf({ id, version, dependencyRange }: ToldVersion, maker: string): Buffer {
  // A twin is the same whatever its source's spelling.
  const key = `${id.toLowerCase()} ${PackageVersion.parse(version).key} ${maker}`;
  const known = made.get(key);
  if (known) return known;
  const recipe = { id, version, dependencies: { Other: dependencyRange }, files: { 'maker.txt': maker } };
  const bytes = makeNupkg(recipe);
  made.set(key, bytes);
  return bytes;
}
