import type * as z from 'zod';
import { notes, type KeyNote } from './leaf.js';
import { configSchema } from './schema.js';

/** The schema as a tree of keys: what the environment, the reference and a mistake's wording are made from. */
export type Key = LeafKey | GroupKey | ListKey;

interface KeyBase {
  /** The default as it would be written in the file; `undefined` where there is none. */
  readonly fallback?: unknown;
}
export interface LeafKey extends KeyBase {
  readonly kind: 'leaf';
  readonly note: KeyNote;
}
export interface GroupKey extends KeyBase {
  readonly kind: 'group';
  readonly note: KeyNote | undefined;
  readonly keys: ReadonlyMap<string, Key>;
  /** Its members depend on its `kind`. */
  readonly isUnion: boolean;
}
export interface ListKey extends KeyBase {
  readonly kind: 'list';
  readonly element: Key;
}

/** A zod schema, as far as this file must see through it. */
interface Seen {
  readonly def: {
    readonly type: string;
    readonly innerType?: Seen;
    readonly in?: Seen;
    readonly defaultValue?: unknown;
    readonly element?: Seen;
    readonly options?: readonly Seen[];
    readonly shape?: Readonly<Record<string, Seen>>;
  };
}

function keyOf(schema: Seen, fallback?: unknown): Key {
  const { def } = schema;
  const note = notes.get(schema as unknown as z.ZodType);
  if (def.innerType) return keyOf(def.innerType, def.type === 'prefault' ? def.defaultValue : fallback);
  if (def.element) return { kind: 'list', element: keyOf(def.element), fallback };
  if (def.shape) return { kind: 'group', note, keys: keysOf([schema]), isUnion: false, fallback };
  if (def.options && note) return { kind: 'group', note, keys: keysOf(def.options), isUnion: true, fallback };
  if (note) return { kind: 'leaf', note, fallback };
  if (def.in) return keyOf(def.in, fallback);
  throw new Error(`the configuration has a key of type ${def.type} without a note`);
}

function keysOf(objects: readonly Seen[]): ReadonlyMap<string, Key> {
  const keys = new Map<string, Key>();
  for (const { def } of objects)
    for (const [name, member] of Object.entries(def.shape ?? {})) if (!keys.has(name)) keys.set(name, keyOf(member));
  return keys;
}

/** The whole configuration. */
export const keyTree = keyOf(configSchema) as GroupKey;

/** Where a value stands: member names and places in lists. */
export type KeyPath = readonly (string | number)[];

/** `sources[0].auth.kind` */
export const pathText = (path: KeyPath) =>
  path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('');

/** The key that a path leads to, as far as the schema knows it. */
export function keyAt(path: KeyPath, from: Key = keyTree): Key | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return from;
  const next =
    typeof step === 'number'
      ? from.kind === 'list'
        ? from.element
        : undefined
      : from.kind === 'group'
        ? from.keys.get(step)
        : undefined;
  return next && keyAt(rest, next);
}

/** Every key below, groups before their members, with its path; the elements of a list are written `[]`. */
export function* walkKeys(key: Key = keyTree, path = ''): Generator<{ path: string; key: Key }> {
  if (path !== '') yield { path, key };
  if (key.kind === 'group')
    for (const [name, member] of key.keys) yield* walkKeys(member, path === '' ? name : `${path}.${name}`);
  if (key.kind === 'list') yield* walkKeys(key.element, `${path}[]`);
}
