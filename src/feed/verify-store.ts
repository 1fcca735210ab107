import { isDeepStrictEqual } from 'node:util';

import { PackageId } from '../nuget/package-id.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { Clock } from '../ops/clock.js';
import type { Answer } from './answer.js';
import { deferred } from './deferred.js';
import { checkFact, factKinds } from './fact-check.js';
import { checkPackage } from './package-check.js';
import type { Flaw } from './package-check.js';
import { DamagedBlobError } from './store.js';
import type { PackageRow, Store } from './store.js';
import type { DamagedFact, DamagedPackage, VerifyEvent, VerifyProgress, VerifyReport } from './verify-report.js';

/** How what is damaged is made whole. */
export interface Repair {
  /** Forgets a damaged copy. @returns whether it was still there */
  readonly forget: (row: PackageRow, error: Error) => Promise<boolean>;
  /** Fetches a package anew from the source that had supplied it, through admission into the store. */
  readonly refetch: (identity: PackageIdentity, source: string) => Promise<Answer<PackageRow>>;
}

export interface VerifyOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Absent: damage is told and left as it is. */
  readonly repair?: Repair;
  readonly signal?: AbortSignal;
}

/** Packages read at a time: clients' reads come between. */
const concurrency = 2;
const idsAtOnce = 500;
/** How often a package that is moved while it is being read is read again. */
const maxAttempts = 3;

/**
 * Reads everything that is kept and compares it with what was admitted: all packages by size, SHA-512 and nuspec, all facts by their parts and
 * what they say. Yields findings as they come and progress in between, the latest one only; leaving the iteration ends the reading. Nothing is
 * written without `repair`: with it a damaged package is forgotten, fetched again from its source and healed when the bytes are the very same;
 * a damaged fact is dropped and asked again when it is needed.
 *
 * ```ts
 * const events = verifyStore({ store, clock });
 * let step = await events.next();
 * for (; !step.done; step = await events.next()) show(step.value);
 * process.exitCode = isSound(step.value) ? 0 : 1;
 * ```
 *
 * @throws the reason of `signal`, once it is aborted
 */
export async function* verifyStore(options: VerifyOptions): AsyncGenerator<VerifyEvent, VerifyReport, void> {
  const leaving = new AbortController();
  const signals = options.signal ? [options.signal, leaving.signal] : [leaving.signal];
  const verification = new Verification(options, AbortSignal.any(signals));
  const report = verification.run();
  try {
    yield* verification.events();
    return await report;
  } finally {
    leaving.abort(new Error('nobody reads what is verified'));
    await report.catch(() => undefined);
  }
}

class Verification {
  #findings: VerifyEvent[] = [];
  #progress: VerifyProgress | undefined;
  #news = deferred<void>();
  #isOver = false;
  #packages = 0;
  #bytes = 0;
  #total = { packages: 0, bytes: 0 };
  readonly #damaged: DamagedPackage[] = [];
  readonly #damagedFacts: DamagedFact[] = [];
  #facts = 0;

  constructor(
    private readonly options: VerifyOptions,
    private readonly signal: AbortSignal,
  ) {}

  async run(): Promise<VerifyReport> {
    const { store, clock } = this.options;
    const startedAtMs = clock.now();
    try {
      const { versions, bytes } = await store.stats();
      this.#total = { packages: versions, bytes };
      this.#tellProgress();
      const rows = this.#rows();
      await Promise.all(Array.from({ length: concurrency }, () => this.#checkPackages(rows)));
      await this.#checkFacts();
    } finally {
      this.#isOver = true;
      this.#news.resolve();
    }
    const outcomes = this.#damaged.filter(({ outcome }) => outcome === 'healed');
    return {
      packages: this.#packages,
      bytes: this.#bytes,
      damaged: this.#damaged,
      healed: outcomes.length,
      lost: this.#damaged.filter(({ outcome }) => outcome === 'lost'),
      facts: {
        checked: this.#facts,
        damaged: this.#damagedFacts,
        dropped: this.#damagedFacts.filter(({ outcome }) => outcome === 'dropped').length,
      },
      seconds: (clock.now() - startedAtMs) / 1000,
    };
  }

  async *events(): AsyncGenerator<VerifyEvent, void, void> {
    for (;;) {
      const findings = this.#findings;
      const progress = this.#progress;
      this.#findings = [];
      this.#progress = undefined;
      yield* findings;
      if (progress) yield progress;
      if (this.#findings.length > 0 || this.#progress) continue;
      if (this.#isOver) return;
      await this.#news.promise;
      this.#news = deferred<void>();
    }
  }

  /** Page by page: no snapshot of the index is held for as long as all this takes. */
  async *#rows(): AsyncGenerator<PackageRow, void, void> {
    const { packages } = this.options.store;
    for (let after = ''; ;) {
      const ids = packages.ids.following(after, idsAtOnce);
      for (const id of ids) yield* await packages.versionsOf(PackageId.parse(id));
      const last = ids.at(-1);
      if (last === undefined) return;
      after = last;
    }
  }

  async #checkPackages(rows: AsyncGenerator<PackageRow, void, void>): Promise<void> {
    for (let next = await rows.next(); !next.done; next = await rows.next()) {
      this.signal.throwIfAborted();
      await this.#checkPackage(next.value);
    }
  }

  async #checkPackage(row: PackageRow): Promise<void> {
    const { packages } = this.options.store;
    const onBytes = (bytes: number) => {
      this.#bytes += bytes;
      this.#tellProgress();
    };
    let checking = row;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const flaw = await checkPackage(packages, checking, { onBytes, signal: this.signal });
      if (!flaw) break;
      // It may have been forgotten or moved while it was being read.
      const now = await packages.find(row.identity);
      if (!now) break;
      if (attempt === maxAttempts || isDeepStrictEqual(now.location, checking.location)) {
        await this.#tellDamage(now, flaw);
        break;
      }
      checking = now;
    }
    this.#packages++;
    this.#tellProgress();
  }

  async #tellDamage(row: PackageRow, { kind, what }: Flaw): Promise<void> {
    const { id, version } = row.identity;
    const after = await this.#repairPackage(row, { kind, what });
    const told: DamagedPackage = {
      event: 'package',
      ...{ id: id.text, version: version.normalized, source: row.source, sha512: row.sha512, kind, what, ...after },
    };
    this.#damaged.push(told);
    this.#tell(told);
  }

  async #repairPackage(row: PackageRow, { kind, what }: Flaw): Promise<Pick<DamagedPackage, 'outcome' | 'why'>> {
    const { repair, store } = this.options;
    if (!repair) return { outcome: 'found' };
    // The disk may be well again in a moment, and the source gone for good.
    if (kind === 'unreadable') return { outcome: 'found', why: 'left as it is: check the disk' };
    await repair.forget(row, new DamagedBlobError(what));
    const fetched = await repair.refetch(row.identity, row.source);
    if (fetched.kind === 'missing') return { outcome: 'lost', why: `${row.source} has it no more` };
    if (fetched.kind !== 'found') return { outcome: 'lost', why: fetched.reason.detail };
    if (fetched.value.sha512 !== row.sha512) {
      await store.packages.remove(row.identity);
      return { outcome: 'lost', why: `${row.source} has other bytes for it now` };
    }
    const flaw = await checkPackage(store.packages, fetched.value, { signal: this.signal });
    return flaw ? { outcome: 'lost', why: `damaged again: ${flaw.what}` } : { outcome: 'healed' };
  }

  async #checkFacts(): Promise<void> {
    const { facts } = this.options.store;
    for (const kind of factKinds)
      for await (const key of facts.list(kind)) {
        this.signal.throwIfAborted();
        this.#facts++;
        const what = await checkFact(facts, key);
        if (what === undefined) continue;
        if (this.options.repair) await facts.remove(key);
        const told: DamagedFact = { event: 'fact', ...key, what, outcome: this.options.repair ? 'dropped' : 'found' };
        this.#damagedFacts.push(told);
        this.#tell(told);
      }
  }

  #tellProgress(): void {
    this.#progress = {
      event: 'progress',
      checkedPackages: this.#packages,
      totalPackages: this.#total.packages,
      checkedBytes: this.#bytes,
      totalBytes: this.#total.bytes,
    };
    this.#news.resolve();
  }

  #tell(finding: VerifyEvent): void {
    this.#findings.push(finding);
    this.#news.resolve();
  }
}
