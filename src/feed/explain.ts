import type { PublishedBy } from '../nuget/version-conflicts.js';
import { mergeVersions } from '../nuget/version-list.js';
import type { OwnedVersion } from '../nuget/version-list.js';
import type { PackageId } from '../nuget/package-id.js';
import { PackageIdentity } from '../nuget/package-identity.js';
import { mappingReason, readMapping } from '../policy/source-mapping.js';
import type { MappedSource } from '../policy/source-mapping.js';
import type { Damage, DamagedCopies } from './damaged-copies.js';
import type { ExplainedDamage, ExplainedRefusal, ExplainedVersion, Explanation, SourceWord } from './explanation.js';
import type { Feed } from './feed.js';
import { gather } from './gather.js';
import { otherBytes } from './other-bytes.js';
import type { Refusal, Refusals } from './refusals.js';
import type { FactShape } from './fact-shape.js';
import type { ReadThrough } from './read-through.js';
import type { Told } from './told.js';
import { knownSources } from './reader.js';
import type { Reader } from './reader.js';
import { readRegistration, registrationFact } from './registration-fact.js';
import { servedOrNot } from './served-or-not.js';
import { isPresent, versionsTold, wordOf } from './source-word.js';
import type { Subject } from './source-word.js';
import type { PackageRow, PackageStore } from './store.js';
import { versionsFact } from './versions-fact.js';

export interface Question extends Subject {
  /** The feed's name. */
  readonly feed: string;
  /** Ask nobody: what is kept, of any age. */
  readonly offline?: boolean;
}

export interface ExplainerOptions {
  readonly feeds: ReadonlyMap<string, Feed>;
  /** Every configured source. */
  readonly mapping: readonly MappedSource[];
  readonly store: PackageStore;
  readonly refusals: Refusals;
  readonly damaged: DamagedCopies;
  readonly offline: boolean;
}

/** A member that may be asked, and its word. */
interface Asked {
  readonly member: ReadThrough;
  readonly told: Told;
}

/** What a source's registration tells of one version. */
interface LeafWord {
  readonly listed?: boolean;
  readonly sha512?: string;
}

/** Says why something is served or not, by asking as a client would. */
export class Explainer {
  constructor(private readonly options: ExplainerOptions) {}

  /** @returns `undefined` when there is no such feed for the reader */
  async explain(question: Question, reader: Reader): Promise<Explanation | undefined> {
    const feed = this.options.feeds.get(question.feed);
    if (!feed || !reader.mayRead(feed.name)) return undefined;
    const offline = this.options.offline || (question.offline ?? false);
    const asked = await Promise.all(
      feed.eligible(question.id).map(async (member) => ({
        member,
        told: await presentWord(member, versionsFact, question.id, offline),
      })),
    );
    const sources = this.#sources(feed, question, asked, reader);
    const { version } = question;
    return version === undefined
      ? this.#ofId(feed, question.id, asked, sources, offline)
      : this.#ofVersion(feed, new PackageIdentity(question.id, version), asked, sources, offline);
  }

  /** Members first, in order of precedence; of the others those that the reader may know of. */
  #sources(feed: Feed, question: Question, asked: readonly Asked[], reader: Reader): SourceWord[] {
    const { feeds, mapping } = this.options;
    const mayName = knownSources(feeds, reader);
    const words = new Map(readMapping(question.id, mapping).map((word) => [word.name, word]));
    const outside = mapping.map(({ name }) => name).filter((name) => !feed.sources.includes(name) && mayName(name));
    return [...feed.sources, ...outside].flatMap((name): SourceWord[] => {
      const word = words.get(name);
      if (!word) return [];
      const isMember = feed.sources.includes(name);
      const because = mappingReason(word, mayName);
      const reason = isMember ? because : `it is no source of the feed ${feed.name}; ${because}`;
      const one = asked.find(({ member }) => member.source.name === name);
      if (one) {
        const denied = one.member.absent.of(question.id);
        return [{ name, eligible: true, reason, ...wordOf(one.told, question, denied) }];
      }
      return [{ name, eligible: false, reason, state: 'notAsked', checkedAt: null, detail: 'may not be asked for it' }];
    });
  }

  async #ofId(
    feed: Feed,
    id: PackageId,
    asked: readonly Asked[],
    sources: readonly SourceWord[],
    offline: boolean,
  ): Promise<Explanation> {
    const [kept, leaves, gathered] = await Promise.all([
      this.#keptOf(id, asked),
      Promise.all(asked.map(({ member }) => leafWords(member, id))),
      gather(presentOnly(asked), feed.onSourceFailure),
    ]);
    const leafOf = new Map(asked.map(({ member }, index) => [member.source.name, leaves[index]]));
    const owned = owners(id, asked, [...kept.values()]);
    const publishedOf = (version: string): PublishedBy[] =>
      asked.flatMap(({ member: { source } }) => {
        const sha512 = leafOf.get(source.name)?.get(version)?.sha512;
        return sha512 === undefined ? [] : [{ source: source.name, sha512 }];
      });
    const versions = owned.map(({ version, source }): ExplainedVersion => {
      const leaf = leafOf.get(source)?.get(version);
      const sha512 = kept.get(version)?.sha512 ?? leaf?.sha512;
      return {
        version,
        owner: source,
        cached: kept.has(version),
        listed: leaf?.listed ?? null,
        ...(sha512 !== undefined && { sha512 }),
      };
    });
    return {
      id: id.text,
      feed: feed.name,
      ...servedOrNot({ what: id.text, feed: feed.name, sources, gathered, offline, hasVersions: versions.length > 0 }),
      sources,
      versions,
      conflicts: versions.flatMap(({ version, sha512 }) =>
        otherBytes(sha512, publishedOf(version)).map((conflict) => ({ version, ...conflict })),
      ),
      refusals: this.options.refusals.ofId(id).filter(isOf(asked)).map(toExplained),
      verdict: { allow: true },
    };
  }

  async #ofVersion(
    feed: Feed,
    identity: PackageIdentity,
    asked: readonly Asked[],
    sources: readonly SourceWord[],
    offline: boolean,
  ): Promise<Explanation> {
    const { id, version } = identity;
    const having = asked.filter(({ told }) => versionsTold(told)?.includes(version.key));
    const [row, gathered, leaves] = await Promise.all([
      this.options.store.find(identity),
      gather(presentOnly(asked), feed.onSourceFailure),
      Promise.all(having.map(async ({ member }) => ({ member, leaf: await leafWord(member, identity, offline) }))),
    ]);
    const mayServe = row && asked.some(({ member }) => member.source.name === row.source) ? row : undefined;
    const owned = owners(id, asked, mayServe ? [mayServe] : []).find((one) => one.version === version.key);
    const owner = owned?.source;
    const leaf = leaves.find(({ member }) => member.source.name === owner)?.leaf;
    const sha512 = mayServe?.sha512 ?? leaf?.sha512;
    const published = leaves.flatMap(({ member: { source }, leaf }) =>
      leaf?.sha512 === undefined ? [] : [{ source: source.name, sha512: leaf.sha512 }],
    );
    const goneFromSource =
      mayServe !== undefined &&
      asked.some(
        ({ member, told }) =>
          member.source.name === owner && isPresent(told) && !versionsTold(told)?.includes(version.key),
      );
    const refusals = this.options.refusals.of(identity).filter(isOf(asked));
    const lastDamage = this.options.damaged.of(identity);
    const damage = lastDamage && isOf(asked)(lastDamage) ? lastDamage : undefined;
    return {
      id: id.text,
      version: version.normalized,
      feed: feed.name,
      ...servedOrNot({
        what: `${id.text} ${version.normalized}`,
        feed: feed.name,
        sources,
        gathered,
        offline,
        ...(owner !== undefined && { owner }),
        ...(row && { kept: { source: row.source, atMs: row.cachedAtMs, mayServe: mayServe !== undefined } }),
        goneFromSource,
        ...(refusals[0] && { refusal: refusals[0] }),
      }),
      sources,
      ...(owner !== undefined && { owner }),
      cached: mayServe !== undefined,
      ...(mayServe && { cachedAt: new Date(mayServe.cachedAtMs).toISOString() }),
      ...(mayServe?.evidence && { evidence: mayServe.evidence }),
      ...(goneFromSource ? { listed: false } : leaf?.listed !== undefined && { listed: leaf.listed }),
      ...(sha512 !== undefined && { sha512 }),
      ...(goneFromSource && { goneFromSource }),
      conflicts: otherBytes(sha512, published).map((conflict) => ({ version: version.normalized, ...conflict })),
      refusals: refusals.map(toExplained),
      ...(damage && { damage: toExplainedDamage(damage) }),
      verdict: { allow: true },
    };
  }

  /** Kept packages that these sources supplied, by version. */
  async #keptOf(id: PackageId, asked: readonly Asked[]): Promise<ReadonlyMap<string, PackageRow>> {
    const names = new Set(asked.map(({ member }) => member.source.name));
    const rows = await this.options.store.versionsOf(id);
    return new Map(
      rows.filter(({ source }) => names.has(source)).map((row) => [row.identity.version.key, row] as const),
    );
  }
}

/** The source's word of now, where it can be had: an old one is given only when asking came to nothing. */
async function presentWord<T>(
  member: ReadThrough,
  shape: FactShape<T>,
  id: PackageId,
  offline: boolean,
): Promise<Told> {
  if (offline) return member.kept(shape, id);
  const told = await member.read(shape, id);
  return told.refreshed ? await told.refreshed : told;
}

const presentOnly = (asked: readonly Asked[]): Told[] => asked.map(({ told }) => told);

/** By the rule behind all documents, over what the sources said, old words included. */
function owners(id: PackageId, asked: readonly Asked[], kept: readonly PackageRow[]): OwnedVersion[] {
  const denied = new Map(asked.map(({ member }) => [member.source.name, member.absent.of(id)]));
  return mergeVersions(
    asked.flatMap(({ member, told }) => {
      const versions = versionsTold(told);
      return versions ? [{ source: member.source.name, versions }] : [];
    }),
    kept.map(({ identity, source }) => ({ version: identity.version.key, source })),
    (source, version) => denied.get(source)?.has(version) ?? false,
  );
}

/** What a member's kept registration tells of each version. */
async function leafWords(member: ReadThrough, id: PackageId): Promise<ReadonlyMap<string, LeafWord>> {
  const { answer } = await member.kept(registrationFact, id);
  if (answer.kind !== 'found') return new Map();
  return new Map(readRegistration(answer.value).rows.map((row) => [row.key, row] as const));
}

/** What a member publishes on one version, its hash wherever that stands. What cannot be had is not told. */
async function leafWord(
  member: ReadThrough,
  identity: PackageIdentity,
  offline: boolean,
): Promise<LeafWord | undefined> {
  const { answer } = await presentWord(member, registrationFact, identity.id, offline);
  const row =
    answer.kind === 'found'
      ? readRegistration(answer.value).rows.find(({ key }) => key === identity.version.key)
      : undefined;
  if (offline || row?.sha512 !== undefined) return row;
  const published = await member.publishedHash(identity);
  return published.kind === 'found' ? { ...row, sha512: published.value.sha512 } : row;
}

const isOf =
  (asked: readonly Asked[]) =>
  ({ source }: Pick<Refusal, 'source'>): boolean =>
    asked.some(({ member }) => member.source.name === source);

const toExplained = ({ atMs, ...refusal }: Refusal): ExplainedRefusal => ({
  ...refusal,
  at: new Date(atMs).toISOString(),
});

const toExplainedDamage = ({ source, sha512, atMs, healedAtMs }: Damage): ExplainedDamage => ({
  ...{ source, sha512, at: new Date(atMs).toISOString() },
  ...(healedAtMs !== undefined && { healedAt: new Date(healedAtMs).toISOString() }),
});
