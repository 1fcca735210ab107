import type { Clock } from '../ops/clock.js';
import type { Following } from './following.js';
import { PassingPackage } from './passing-package.js';
import type { PassingMemory } from './passing-package.js';
import type { StoreTrouble } from './store-trouble.js';
import { PinnedBytesError } from './store.js';
import type { IncomingPackage, PackageContent, PackageFacts, PackageRow, PackageStore } from './store.js';

export interface IntakeOptions {
  readonly packages: PackageStore;
  /** Told of what the store does with the package. */
  readonly trouble: StoreTrouble;
  /** For what the store cannot take. */
  readonly passingMemory: PassingMemory;
  readonly clock: Clock;
  /** The package is not to be kept: it only passes. */
  readonly onlyPasses: boolean;
  /** Those who read the bytes as they come. */
  readonly following: Following;
}

/** A package as its bytes come in, kept or passing. */
export type Arriving = Pick<IncomingPackage, 'received' | 'append' | 'peek' | 'lend'>;

/** How long a package that is not kept waits for those who were told that it is there, in milliseconds. */
const passingGraceMs = 2_000;

/** Where the bytes of a download go: into the store or, while that cannot take them, into memory for those who want them now. */
export class Intake {
  #incoming: IncomingPackage | undefined;
  #passing: PassingPackage | undefined;
  #size: number | undefined;
  #readers = 0;

  constructor(private readonly options: IntakeOptions) {}

  /** The package is not kept: it is there for those only who wanted it meanwhile. */
  get isPassing(): boolean {
    return this.#passing !== undefined;
  }

  /** @param size as announced, in bytes. @throws PassingMemoryFullError */
  async begin(size: number | undefined): Promise<Arriving> {
    const { packages, passingMemory, onlyPasses, following } = this.options;
    this.#size = size;
    try {
      const arriving = onlyPasses
        ? (this.#passing = new PassingPackage(passingMemory))
        : (this.#incoming = packages.begin());
      following.begin(arriving, size);
      return arriving;
    } catch (error) {
      return this.#pass(error);
    }
  }

  /** @returns what takes the next piece. @throws PassingMemoryFullError */
  async append(arriving: Arriving, piece: Buffer): Promise<Arriving> {
    const before = arriving.received;
    try {
      await arriving.append(piece);
      return arriving;
    } catch (error) {
      if (arriving instanceof PassingPackage) throw error;
      const passing = await this.#pass(error);
      await passing.append(piece.subarray(passing.received - before));
      return passing;
    }
  }

  /**
   * The row of the package as kept or, where the store cannot keep it, as it passes; or why these bytes are not kept.
   * @throws PassingMemoryFullError
   */
  async keep(facts: PackageFacts): Promise<PackageRow | PinnedBytesError> {
    try {
      if (this.#passing === undefined && this.#incoming !== undefined) {
        const row = await this.#incoming.commit(facts);
        this.options.trouble.worked();
        return row;
      }
    } catch (error) {
      if (error instanceof PinnedBytesError) return error;
      await this.#pass(error);
    }
    return { ...facts, size: this.#passing?.received ?? 0, location: undefined };
  }

  /** The bytes of what was kept, or passes. */
  async open(row: PackageRow): Promise<PackageContent> {
    return this.#passing ?? this.options.packages.open(row);
  }

  /** Somebody reads the package while it is on its way. */
  async whileRead(read: () => Promise<void>): Promise<void> {
    this.#readers++;
    try {
      await read();
    } finally {
      this.#readers--;
      this.#letGo();
    }
  }

  /** Nothing more comes. @param isGood whether somebody was told that the package is there, who has not come to read it yet */
  async end(isGood: boolean): Promise<void> {
    if (!isGood || this.isPassing) await this.#incoming?.abort().catch(() => undefined);
    if (!this.isPassing) return;
    if (isGood) void this.options.clock.sleep(passingGraceMs).then(() => this.#letGo());
    else this.#letGo();
  }

  /** From now on the package is held in memory, because the store cannot take it. */
  async #pass(error: unknown): Promise<PassingPackage> {
    const { trouble, passingMemory, following } = this.options;
    trouble.failed(error);
    const incoming = this.#incoming;
    this.#passing = incoming ? await PassingPackage.copyOf(incoming, passingMemory) : new PassingPackage(passingMemory);
    following.begin(this.#passing, this.#size);
    return this.#passing;
  }

  #letGo(): void {
    if (this.#readers === 0) this.#passing?.letGo();
  }
}
