import type { PackageIdentity } from '../nuget/package-identity.js';
import { Arrival } from './arrival.js';
import type { ArrivalOptions } from './arrival.js';
import { failed, found } from './answer.js';
import type { Answer } from './answer.js';
import { deferred } from './deferred.js';
import { downloadFailed } from './download-failed.js';
import { Following } from './following.js';
import type { TakePiece } from './following.js';
import type { Guess } from './guess.js';
import { GuessedDownload } from './guessed-download.js';
import type { Ahead } from './guessed-download.js';
import { Intake } from './intake.js';
import type { IntakeOptions } from './intake.js';
import { Opening } from './opening.js';
import type { Opened } from './opening.js';
import { PassingMemoryFullError } from './passing-package.js';
import { readAll } from './read-all.js';
import type { ReceivedPackage } from './received-package.js';
import { UnreadableError } from './store.js';
import type { PackageContent, PackageRow } from './store.js';

export interface DownloadOptions extends ArrivalOptions, Pick<IntakeOptions, 'trouble' | 'passingMemory'> {
  /** It is fetched before anybody asked for it. */
  readonly ahead?: Ahead | undefined;
}

/**
 * One package on its way from a source: one writer, any number of readers, each at an offset of its own. Readers may follow while bytes
 * arrive; the last byte is held back until the package was admitted and is durable. It goes on when every reader has left.
 */
export class Download {
  readonly identity: PackageIdentity;
  readonly source: string;
  /** Admitted and durable, or why not. Never rejects. */
  readonly outcome: Promise<Answer<PackageRow>>;
  readonly #options: DownloadOptions;
  readonly #guessed: GuessedDownload | undefined;
  readonly #opening: Opening;
  readonly #receiving = deferred<ReceivedPackage | undefined>();
  readonly #following: Following;
  readonly #intake: Intake;

  constructor(options: DownloadOptions) {
    this.#options = options;
    const { packages, trouble, passingMemory, clock, passesAs, ahead } = options;
    this.#guessed = ahead && new GuessedDownload(ahead);
    this.#opening = new Opening(clock);
    this.#following = new Following(clock);
    this.#intake = new Intake({
      ...{ packages, trouble, passingMemory, clock, following: this.#following },
      onlyPasses: passesAs !== undefined,
    });
    this.identity = options.identity;
    this.source = options.source.name;
    this.outcome = this.#run();
  }

  /** The first bytes are there and look like a package, or it is known why not. */
  get opened(): Promise<Answer<Opened>> {
    return this.#opening.opened;
  }

  /** All bytes as they came, not yet admitted; `undefined` when they did not come. To be read before `outcome` settles. */
  get received(): Promise<ReceivedPackage | undefined> {
    return this.#receiving.promise;
  }

  /** A client asks for it. */
  want(): void {
    this.#guessed?.guess.want();
  }

  isBegunWith(guess: Guess): boolean {
    return this.#guessed?.guess === guess;
  }

  /** Nobody asked for it so far. */
  get isOnlyGuess(): boolean {
    return this.#guessed?.isUnwanted === true;
  }

  /** It began as a guess and came to nothing, which may be because of that: whoever wants it begins anew. */
  get isFailedGuess(): boolean {
    return this.#guessed?.hasFailed === true;
  }

  /** The package is not kept: it is there for those only who wanted it meanwhile. */
  get isPassing(): boolean {
    return this.#intake.isPassing;
  }

  /**
   * Gives the bytes from `start` up to but not including `end` to `take` as they come.
   * @throws DownloadFailedError when the package is not admitted
   */
  async read(start: number, end: number, take: TakePiece): Promise<void> {
    await this.#intake.whileRead(() => this.#read(start, end, take));
  }

  /** The bytes of a good outcome. */
  async open(row: PackageRow): Promise<PackageContent> {
    return this.#intake.open(row);
  }

  async #read(start: number, end: number, take: TakePiece): Promise<void> {
    const { offset, wasLeft } = await this.#following.follow(start, end, take);
    if (wasLeft || offset >= end) return;
    const settled = await this.outcome;
    if (settled.kind !== 'found') throw downloadFailed(this.source, this.identity, settled);
    const row = settled.value;
    // In the store's own pieces, which its readers share: pieces that begin elsewhere would be copies, one for each reader.
    if (offset < row.size) await readAll((await this.open(row)).stream(offset, Math.min(end, row.size)), take);
  }

  async #run(): Promise<Answer<PackageRow>> {
    let settled: Answer<PackageRow>;
    try {
      settled = await new Arrival(this.#options, {
        ...{ guessed: this.#guessed, receiving: this.#receiving },
        ...{ intake: this.#intake, opening: this.#opening, following: this.#following },
      }).run();
    } catch (error) {
      settled = failed({ code: 'store-failed', detail: this.#whatBroke(error) });
    }
    this.#receiving.resolve(undefined);
    this.#guessed?.ended(settled);
    // Before the bytes are let go of: who follows them hears how it ended, and not that they are gone.
    this.#following.end();
    await this.#intake.end(settled.kind === 'found');
    this.#opening.end(settled.kind === 'found' ? found(asOpened(settled.value)) : settled);
    return settled;
  }

  #whatBroke(error: unknown): string {
    const { log, passingMemory } = this.#options;
    const name = this.identity.toString();
    if (error instanceof PassingMemoryFullError)
      return `${name} cannot be kept here just now, and packages that pass through fill the ${passingMemory.maxBytes} bytes of limits.passThroughBytes`;
    if (error instanceof UnreadableError) return `${error.message}: ${name} is not taken in`;
    log.error(
      { source: this.source, id: this.identity.id.text, version: this.identity.version.normalized, err: error },
      'a download ended in an error of our own',
    );
    return 'the package could not be kept here';
  }
}

function asOpened({ size, lastModified }: PackageRow): Opened {
  return { size, ...(lastModified !== undefined && { lastModified }) };
}
