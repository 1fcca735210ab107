import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import type { Answer } from './answer.js';
import { Coalesce } from './coalesce.js';
import type { DamagedCopies } from './damaged-copies.js';
import { Download } from './download.js';
import type { Ahead } from './guessed-download.js';
import { LaterProofs } from './later-proofs.js';
import { PassingMemory } from './passing-package.js';
import type { ReadThrough } from './read-through.js';
import { Refusals } from './refusals.js';
import { claimsAllSigned } from './signatures-fact.js';
import { SigningHabit } from './signing-habit.js';
import type { Source } from './source.js';
import type { FactStore, PackageRow, PackageStore, Pin } from './store.js';
import type { StoreTrouble } from './store-trouble.js';
import { Uncompared } from './uncompared.js';

export interface DownloadsOptions {
  readonly store: PackageStore;
  readonly facts: FactStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly maxPackageBytes: number;
  readonly trouble: StoreTrouble;
  /** Memory for packages on their way that the store cannot take, in bytes. */
  readonly passThroughBytes: number;
  readonly damaged: DamagedCopies;
  /** A package came to be kept. */
  readonly onKept?: (row: PackageRow) => void;
  /** As in `HashQuestionOptions`. */
  readonly publishedGraceMs?: number;
}

/** The downloads under way: one for each source and identity, joined by all who ask meanwhile. */
export class Downloads {
  /** Downloads that came to nothing, for those who ask why. */
  readonly refusals = new Refusals();
  /** By source and identity. */
  readonly #underWay = new Map<string, Download>();
  readonly #joins = new Coalesce<Download | PackageRow>();
  readonly #passingMemory: PassingMemory;
  readonly #signing = new SigningHabit();
  readonly #laterProofs: LaterProofs;

  constructor(private readonly options: DownloadsOptions) {
    const { store, facts, clock, log, passThroughBytes } = options;
    this.#passingMemory = new PassingMemory(passThroughBytes);
    this.#laterProofs = new LaterProofs({
      ...{ store, clock, log, refusals: this.refusals, uncompared: new Uncompared({ facts, clock, log }) },
      isBusy: () => this.#underWay.size > 0,
    });
  }

  /**
   * For a client; with `ahead`, for nobody yet.
   * @returns the download under way, the row it left, or a new download
   */
  async join(member: ReadThrough, identity: PackageIdentity, ahead?: Ahead): Promise<Download | PackageRow> {
    const key = keyOf(member.source, identity);
    const joined = await this.#joins.run(key, () => this.#join(member, identity, ahead));
    if (!ahead && joined instanceof Download) joined.want();
    return joined;
  }

  /** The download under way or, where none is, one that is not kept and brings those bytes or none. */
  passOn(member: ReadThrough, identity: PackageIdentity, pin: Pin): Download {
    const running = this.#underWay.get(keyOf(member.source, identity));
    running?.want();
    return running ?? this.#begin(member, identity, pin);
  }

  /** Settles when no download is under way. */
  async idle(): Promise<void> {
    await Promise.all([...this.#underWay.values()].map(({ outcome }) => outcome));
  }

  /** Goes on comparing what an earlier run kept of a source, and did not come to compare with what it publishes. Never rejects. */
  async resume(member: ReadThrough): Promise<void> {
    const { name } = member.source;
    try {
      await this.#laterProofs.resume(name, (identity) => askLater(member, identity));
    } catch (error) {
      this.options.log.warn({ source: name, err: error }, 'what is left to be compared with it cannot be read');
    }
  }

  /** Settles when no download is under way; nothing is looked up later on. */
  async close(): Promise<void> {
    this.#laterProofs.stop();
    await this.idle();
    await this.#laterProofs.close();
  }

  /**
   * Downloads are let go after their row is durable, so looking for the download first and for the row second misses neither; only one such
   * look per package runs at a time.
   */
  async #join(
    member: ReadThrough,
    identity: PackageIdentity,
    ahead: Ahead | undefined,
  ): Promise<Download | PackageRow> {
    const running = this.#underWay.get(keyOf(member.source, identity));
    if (running && !running.isFailedGuess) return running;
    const row = await this.options.store.find(identity);
    return row?.source === member.source.name ? row : this.#begin(member, identity, undefined, ahead);
  }

  #begin(member: ReadThrough, identity: PackageIdentity, passesAs?: Pin, ahead?: Ahead): Download {
    const { store, clock, log, maxPackageBytes, trouble, publishedGraceMs } = this.options;
    const { source } = member;
    const key = keyOf(source, identity);
    const download = new Download({
      ...{ source, identity, packages: store, trouble, passingMemory: this.#passingMemory },
      ...{ clock, log, maxPackageBytes, passesAs, ahead },
      publishedHash: () => member.publishedHash(identity, ahead && { urgency: ahead.guess }),
      isUsuallySigned: this.#isUsuallySigned(source),
      isClaimedSigned: () => claimsAllSigned(member),
      ...(publishedGraceMs !== undefined && { publishedGraceMs }),
      isDoubted: this.#laterProofs.isDoubted(source.name, identity),
      onUncompared: (row, publishing) => {
        const ask = askLater(member, identity);
        if (publishing) void this.#laterProofs.compare(row, publishing, ask);
        else this.#laterProofs.add(row, ask);
      },
    });
    this.#underWay.set(key, download);
    this.#laterProofs.moved();
    void download.outcome.then((outcome) => {
      this.#laterProofs.moved();
      if (this.#underWay.get(key) === download) this.#underWay.delete(key);
      this.#tell(download, member, outcome);
    });
    return download;
  }

  /** Of a source that nothing came from yet, the first package will tell: the others that are begun meanwhile are not asked about. */
  #isUsuallySigned({ name }: Source): boolean {
    return this.#signing.isUsual(name) ?? [...this.#underWay.values()].some(({ source }) => source === name);
  }

  /** How a download ended: a guess that nobody wanted is no news to anybody. */
  #tell(download: Download, { health }: ReadThrough, outcome: Answer<PackageRow>): void {
    const { clock, log, damaged, onKept } = this.options;
    const { identity, source, isOnlyGuess } = download;
    if (!isOnlyGuess) this.refusals.note(identity, source, outcome, clock.now());
    const about = { source, id: identity.id.text, version: identity.version.normalized };
    if (outcome.kind === 'found' && download.isPassing) log.debug(about, 'package passed on without being kept');
    else if (outcome.kind === 'found') {
      damaged.heal(identity);
      this.#signing.note(outcome.value);
      onKept?.(outcome.value);
      log.debug({ ...about, bytes: outcome.value.size }, 'package kept');
    } else if (outcome.kind !== 'missing')
      log[!isOnlyGuess && health.isNews(outcome.reason) ? 'warn' : 'debug'](
        { ...about, code: outcome.reason.code },
        outcome.reason.detail,
      );
  }
}

/** What its source publishes of it, when nobody waits for that. */
const askLater = (member: ReadThrough, identity: PackageIdentity) => () =>
  member.publishedHash(identity, { standsBack: true });

const keyOf = ({ name }: Source, { key }: PackageIdentity) => `${name}/${key}`;
