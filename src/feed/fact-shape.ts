import type { PackageId } from '../nuget/package-id.js';
import type { Ask, Source, SourceAnswer } from './source.js';
import type { Fact, FactKey, FactKind, FactStore } from './store.js';

/** What a fact is about: a package id, or the source as a whole. */
export interface Subject {
  readonly key: string;
  /** For people. */
  readonly text: string;
}

/** How one kind of document is asked of a source and kept. */
export interface FactShape<T, S extends Subject = PackageId> {
  readonly kind: FactKind;
  /** @param kept what is kept of it, where the source said before that there is one */
  ask(source: Source, subject: S, ask: Ask, kept: Fact | undefined): Promise<SourceAnswer<T>>;
  /**
   * The fact's head and body. Told strings are logged, once per write.
   * @param kept as given to `ask`; what has not changed may be taken over from there
   */
  keep(value: T, kept: Fact | undefined, facts: FactStore): KeptForm | Promise<KeptForm>;
  /** What was done with the told strings, for the log. */
  readonly dropped?: string;
}

export interface KeptForm {
  readonly head: unknown;
  readonly parts: readonly Buffer[];
  readonly unparsable: readonly string[];
}

/** Names a fact among those of its source. */
export const placeOf = ({ kind, name }: Pick<FactKey, 'kind' | 'name'>) => `${kind}/${name}`;
