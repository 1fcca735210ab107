import { PackageId } from '../nuget/package-id.js';
import { PackageIdentity } from '../nuget/package-identity.js';
import { PackageVersion } from '../nuget/package-version.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { DamagedFactError } from './store.js';
import type { FactKey, FactStore, PackageRow } from './store.js';

export interface UncomparedOptions {
  readonly facts: FactStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a crash may forget of it, in milliseconds. */
const saveAfterMs = 2_000;

/**
 * Which kept packages are still to be compared with what their source publishes: a list for each source, in the store soon after it changed,
 * so that a restart goes on with them.
 */
export class Uncompared {
  readonly #lists = new Map<string, Promise<Map<string, PackageIdentity>>>();
  readonly #changed = new Set<string>();
  #saving: Promise<void> = Promise.resolve();
  #callOff: (() => void) | undefined;

  constructor(private readonly options: UncomparedOptions) {}

  /** All of a source, those of an earlier run included. */
  async of(source: string): Promise<readonly PackageIdentity[]> {
    return [...(await this.#list(source)).values()];
  }

  add({ source, identity }: Pick<PackageRow, 'source' | 'identity'>): void {
    void this.#list(source).then((list) => {
      if (list.has(identity.key)) return;
      list.set(identity.key, identity);
      this.#change(source);
    });
  }

  /** It was compared, or is not to be compared any more. */
  delete({ source, identity }: Pick<PackageRow, 'source' | 'identity'>): void {
    void this.#list(source).then((list) => {
      if (list.delete(identity.key)) this.#change(source);
    });
  }

  /** Settles when all of it is kept, as far as the store takes it. */
  async close(): Promise<void> {
    this.#callOff?.();
    // Behind what was added and deleted before.
    await Promise.all(this.#lists.values());
    this.#save();
    await this.#saving;
  }

  #list(source: string): Promise<Map<string, PackageIdentity>> {
    let list = this.#lists.get(source);
    if (list === undefined) this.#lists.set(source, (list = this.#read(source)));
    return list;
  }

  async #read(source: string): Promise<Map<string, PackageIdentity>> {
    try {
      const kept = uncomparedOf((await this.options.facts.read(keyOf(source)))?.head) ?? [];
      return new Map(kept.map((identity) => [identity.key, identity]));
    } catch (error) {
      if (!(error instanceof DamagedFactError)) this.#tell(source, error);
      return new Map();
    }
  }

  #change(source: string): void {
    this.#changed.add(source);
    this.#callOff ??= this.options.clock.later(saveAfterMs, () => {
      this.#callOff = undefined;
      this.#save();
    });
  }

  #save(): void {
    const sources = [...this.#changed];
    this.#changed.clear();
    for (const source of sources) this.#saving = this.#saving.then(() => this.#write(source));
  }

  async #write(source: string): Promise<void> {
    const { facts, clock } = this.options;
    try {
      const list = await this.of(source);
      if (list.length === 0) return await facts.remove(keyOf(source));
      const head = list.map(({ id, version }) => [id.text, version.text]);
      await facts.write(keyOf(source), { state: 'found', checkedAtMs: clock.now(), validators: {}, head, parts: [] });
    } catch (error) {
      // With the next change, or at the end.
      this.#changed.add(source);
      this.#tell(source, error);
    }
  }

  #tell(source: string, error: unknown): void {
    this.options.log.debug(
      { source, err: error },
      'which packages are still to be compared is known until the end of the process only',
    );
  }
}

const keyOf = (source: string): FactKey => ({ source, kind: 'uncompared', name: '' });

/** @param kept the head of a fact; `undefined` when it is no such list */
export function uncomparedOf(kept: unknown): readonly PackageIdentity[] | undefined {
  if (!Array.isArray(kept)) return undefined;
  const identities = kept.flatMap((pair: unknown) => {
    const [id, version] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
    if (typeof id !== 'string' || typeof version !== 'string') return [];
    const [packageId, packageVersion] = [PackageId.tryParse(id), PackageVersion.tryParse(version)];
    return packageId && packageVersion ? [new PackageIdentity(packageId, packageVersion)] : [];
  });
  return identities.length === kept.length ? identities : undefined;
}
