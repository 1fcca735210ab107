import fc from 'fast-check';
import type { OnSourceFailure } from '../../src/feed/gather.js';
import { DamagedCopies } from '../../src/feed/damaged-copies.js';
import { Feed } from '../../src/feed/feed.js';
import { Packages } from '../../src/feed/packages.js';
import { ReadThrough } from '../../src/feed/read-through.js';
import { PackageId } from '../../src/nuget/package-id.js';
import { PackageVersion } from '../../src/nuget/package-version.js';
import { silentLog } from '../../src/ops/log.js';
import { StoreTrouble } from '../../src/feed/store-trouble.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { ManualClock } from './larder.js';
import { ToldSource } from './told-source.js';
import type { ToldState, ToldVersion } from './told-source.js';

/** Sources, feeds over them and what happens to them, as random values. */
export interface WorldScript {
  readonly sources: readonly {
    readonly patterns: readonly string[];
    readonly publishesHashes: boolean;
    readonly versions: readonly ToldVersion[];
    /** More than fit into one document: every `step`-th of so many versions. */
    readonly crowd: { readonly count: number; readonly step: number } | null;
  }[];
  readonly feeds: readonly { readonly order: readonly number[]; readonly onSourceFailure: OnSourceFailure }[];
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly kind: 'look'; readonly feed: number; readonly id: number; readonly isLater: boolean }
  | { readonly kind: 'state'; readonly source: number; readonly state: ToldState }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'restart' }
  | {
      readonly kind: 'change';
      readonly source: number;
      /** One of every three, beginning with this. */
      readonly version: number;
      readonly to: Partial<Pick<ToldVersion, 'listed' | 'inList' | 'inRegistration' | 'hasPackage'>>;
    };

/** Each in the spellings of different sources. */
export const ids = [
  ['Alpha', 'alpha', 'ALPHA'],
  ['Corp.Secret', 'corp.secret', 'Corp.SECRET'],
  ['Corp.Tool', 'corp.tool', 'CORP.Tool'],
] as const;
const versions = [
  ['1.0.0', '1.0', '1.0.0.0', '1.0.0+sha.1', '01.0'],
  ['1.0.1', '1.0.1+x', '1.0.1.0'],
  ['1.1.0-RC.1', '1.1.0-rc.1', '1.1-rc.1'],
  ['1.1.0-beta', '1.1.0-BETA', '1.1-Beta+5'],
  ['2.0.0.4', '2.0.0.4+m', '2.0.0.04'],
  ['2.0.0', '2', '2.0.0.0'],
  ['10.0.0', '10.0', '10.0.0+a.b'],
] as const;

/** What a version depends on is the same wherever it comes from: some make it SemVer2. */
export const dependencyRangeOf = (key: string): string => (key.startsWith('10.') ? '[1.0.0-a.b, )' : '[1.0.0, )');

const usually = fc.integer({ min: 0, max: 7 }).map((n) => n > 0);
const version: fc.Arbitrary<ToldVersion> = fc
  .tuple(fc.constantFrom(ids[0], ids[0], ids[0], ids[1], ids[2]), fc.constantFrom(...versions), fc.nat(), fc.nat())
  .chain(([spellingsOfId, spellings, idAt, versionAt]) => {
    const spelled = spellings[versionAt % spellings.length] as string;
    return fc.record({
      id: fc.constant(spellingsOfId[idAt % 3] as string),
      version: fc.constant(spelled),
      dependencyRange: fc.constant(dependencyRangeOf(PackageVersion.parse(spelled).key)),
      listed: usually,
      isTwin: fc.boolean(),
      inList: usually,
      inRegistration: usually,
      hasPackage: usually,
    });
  });

const pattern = fc.oneof(
  { weight: 5, arbitrary: fc.constant('*') },
  fc.constantFrom('Corp.*', 'corp.S*', 'CORP.Secret', 'Alpha', 'a*', 'Nobody.*'),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('look' as const),
      feed: fc.constantFrom(0, 0, 1, 2),
      id: fc.constantFrom(0, 0, 0, 1, 2),
      isLater: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('state' as const),
      source: fc.nat(3),
      state: fc.constantFrom<ToldState>('up', 'up', 'down', 'refusing'),
    }),
  },
  fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1_000, 10_000, 61_000, 400_000) }),
  fc.record({ kind: fc.constant('restart' as const) }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      source: fc.nat(3),
      version: fc.nat(2),
      to: fc.oneof(
        fc.constant({ inList: false, inRegistration: false, hasPackage: false }),
        fc.constant({ inList: true, inRegistration: true, hasPackage: true }),
        fc.record(
          { listed: fc.boolean(), inList: fc.boolean(), inRegistration: fc.boolean(), hasPackage: fc.boolean() },
          { requiredKeys: [] },
        ),
      ),
    }),
  },
);

const feedOver = (order: fc.Arbitrary<number[]>) =>
  fc.record({ order, onSourceFailure: fc.constantFrom<OnSourceFailure>('stale', 'stale', 'fail', 'partial') });

export const worldScript: fc.Arbitrary<WorldScript> = fc.record({
  sources: fc.array(
    fc.record({
      patterns: fc.array(pattern, { minLength: 1, maxLength: 2 }),
      publishesHashes: fc.boolean(),
      versions: fc.array(version, { minLength: 1, maxLength: 12, size: 'max' }),
      crowd: fc.oneof(
        { weight: 9, arbitrary: fc.constant(null) },
        fc.record({ count: fc.integer({ min: 60, max: 150 }), step: fc.integer({ min: 1, max: 3 }) }),
      ),
    }),
    { minLength: 2, maxLength: 4, size: 'max' },
  ),
  feeds: fc.oneof(
    fc.array(feedOver(fc.shuffledSubarray([0, 1, 2, 3], { minLength: 1 })), { minLength: 1, maxLength: 3 }),
    // Two feeds that share no source and ask for the same packages.
    fc.tuple(feedOver(fc.constant([0, 2])), feedOver(fc.constant([1, 3]))),
  ),
  steps: fc.array(step, { minLength: 4, maxLength: 12, size: 'max' }),
});

const lifetimes = {
  versionsMs: 60_000,
  registrationMs: 300_000,
  missingMs: 30_000,
  vulnerabilitiesMs: 60_000,
  serviceIndexMs: 60_000,
};

/** A running world: the sources told of, and feeds over them in this process. */
export class World {
  readonly clock = new ManualClock();
  readonly store = new MemoryStore();
  readonly sources: readonly ToldSource[];
  readonly patterns: readonly (readonly string[])[];
  feeds: readonly Feed[] = [];
  packages!: Packages;

  constructor(private readonly script: WorldScript) {
    this.patterns = script.sources.map(({ patterns }) => patterns);
    this.sources = script.sources.map(({ publishesHashes, versions: told, crowd }, i) => {
      const source = new ToldSource(`s${i}`, publishesHashes);
      for (const one of told) source.has(one);
      for (let n = 0; crowd && n < crowd.count; n++) source.has(crowdVersion(n * crowd.step));
      return source;
    });
    this.restart();
  }

  /** Everything in memory is gone, the store stays. */
  restart(): void {
    const members = this.sources.map(
      (source) =>
        new ReadThrough(source, {
          facts: this.store.facts,
          lifetimes,
          offline: false,
          clock: this.clock,
          log: silentLog,
        }),
    );
    this.feeds = this.script.feeds.map(
      ({ order, onSourceFailure }, i) =>
        new Feed({
          name: `feed${i}`,
          members: order.flatMap((at) => members[at] ?? []),
          mapping: this.sources.map(({ name }, at) => ({ name, packages: this.patterns[at] ?? [] })),
          facts: this.store.facts,
          packages: this.store.packages,
          onSourceFailure,
          log: silentLog,
        }),
    );
    this.packages = new Packages({
      store: this.store.packages,
      facts: this.store.facts,
      offline: false,
      clock: this.clock,
      log: silentLog,
      maxPackageBytes: 1_000_000,
      trouble: new StoreTrouble(silentLog, () => this.store.health()),
      passThroughBytes: 1_000_000,
      damaged: new DamagedCopies({ store: this.store.packages, clock: this.clock, log: silentLog }),
    });
  }

  modeOf(feed: number): OnSourceFailure {
    return this.script.feeds[feed]?.onSourceFailure ?? 'stale';
  }

  /** The sources of a feed that may be asked for an id, by the mapping's rule told a second time. */
  mayBeAsked(feed: number, id: string): ToldSource[] {
    const strengths = this.patterns.map((patterns) =>
      Math.max(
        ...patterns.map((one) => {
          const wanted = one.toLowerCase();
          if (wanted === id.toLowerCase()) return 1_000;
          const isPrefix = wanted.endsWith('*') && id.toLowerCase().startsWith(wanted.slice(0, -1));
          return isPrefix ? wanted.length - 1 : -1;
        }),
      ),
    );
    const best = Math.max(...strengths);
    const order = this.script.feeds[feed]?.order ?? [];
    return best < 0 ? [] : order.flatMap((at) => (strengths[at] === best ? (this.sources[at] ?? []) : []));
  }

  apply(step: Exclude<Step, { kind: 'look' }>): void {
    const source = 'source' in step ? this.sources[step.source % this.sources.length] : undefined;
    switch (step.kind) {
      case 'state':
        if (source) source.state = step.state;
        return;
      case 'wait':
        return this.clock.advance(step.ms);
      case 'restart':
        return this.restart();
      case 'change': {
        const all = [...(source?.versionsOfIds.values() ?? [])].flatMap((one) => [...one.values()]);
        for (const changed of all.filter((_, at) => at % 3 === step.version)) source?.has({ ...changed, ...step.to });
      }
    }
  }

  idOf(at: number): PackageId {
    return PackageId.parse(ids[at]?.[0] ?? 'Alpha');
  }
}

function crowdVersion(n: number): ToldVersion {
  const text = n % 5 === 4 ? `5.${n}.0-a.${n}` : `5.${n}.0`;
  return {
    id: 'Alpha',
    version: text,
    dependencyRange: dependencyRangeOf(text),
    listed: n % 7 !== 0,
    isTwin: false,
    inList: true,
    inRegistration: true,
    hasPackage: true,
  };
}
