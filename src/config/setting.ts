import type { KeyPath } from './key-tree.js';
import { ReadFromFile } from './leaf.js';

/** Where a value comes from. Later layers beat earlier ones. */
export interface Origin {
  readonly layer: 'default' | 'file' | 'environment' | 'flag';
  /** For people: `config/larder.yaml:12`, `env LARDER_LISTEN__PORT`, `flag --port`. */
  readonly text: string;
}

/** The configuration as it was written, before the schema has seen it: every value with its origin. */
export type Setting = LeafSetting | GroupSetting | ListSetting;

export interface LeafSetting {
  readonly kind: 'leaf';
  readonly value: string | number | boolean;
  readonly origin: Origin;
  /** The value was fetched by `env:` or `file:` and may be a secret that stands in the wrong place: not to be shown in a mistake. */
  readonly isReferenced: boolean;
  /** What `env:` or `file:` names could not be fetched, and that mistake is told already. */
  readonly isUnresolved?: boolean;
  /** Absolute path of the file that the value was read from, where the schema wants to know it. */
  readonly file?: string;
}
export interface GroupSetting {
  readonly kind: 'group';
  readonly members: Map<string, Setting>;
  readonly origin: Origin;
}
export interface ListSetting {
  readonly kind: 'list';
  readonly elements: Setting[];
  readonly origin: Origin;
}

export const leafSetting = (value: string | number | boolean, origin: Origin): LeafSetting => ({
  kind: 'leaf',
  value,
  origin,
  isReferenced: false,
});
export const groupSetting = (origin: Origin): GroupSetting => ({ kind: 'group', members: new Map(), origin });
export const listSetting = (origin: Origin, elements: Setting[] = []): ListSetting => ({
  kind: 'list',
  elements,
  origin,
});

/** A plain value with one origin throughout. `null` members are left out. */
export function settingOf(value: unknown, origin: Origin): Setting {
  if (Array.isArray(value))
    return listSetting(
      origin,
      value.map((element) => settingOf(element, origin)),
    );
  if (typeof value === 'object' && value !== null) {
    const group = groupSetting(origin);
    for (const [name, member] of Object.entries(value))
      if (member !== null && member !== undefined) group.members.set(name, settingOf(member, origin));
    return group;
  }
  return leafSetting(value as string | number | boolean, origin);
}

/** The plain value, as the schema takes it. */
export function plainOf(setting: Setting): unknown {
  switch (setting.kind) {
    case 'leaf':
      return setting.file === undefined ? setting.value : new ReadFromFile(String(setting.value), setting.file);
    case 'list':
      return setting.elements.map(plainOf);
    case 'group':
      // No prototype: a member may be called `__proto__`.
      return Object.assign(
        Object.create(null) as object,
        Object.fromEntries([...setting.members].map(([name, member]) => [name, plainOf(member)])),
      );
  }
}

export function settingAt(from: Setting, path: KeyPath): Setting | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return from;
  const next =
    typeof step === 'number'
      ? from.kind === 'list'
        ? from.elements[step]
        : undefined
      : from.kind === 'group'
        ? from.members.get(step)
        : undefined;
  return next && settingAt(next, rest);
}

/** The setting at the path, or the nearest one around it. */
export function nearestSetting(from: Setting, path: KeyPath): Setting {
  for (let length = path.length; length > 0; length--) {
    const setting = settingAt(from, path.slice(0, length));
    if (setting) return setting;
  }
  return from;
}

/** Puts a value at the path, with the groups and lists that lead there. @returns false when a list would get a gap */
export function place(root: GroupSetting, path: KeyPath, value: Setting): boolean {
  let at: GroupSetting | ListSetting = root;
  for (const [i, step] of path.entries()) {
    const following = path[i + 1];
    const before = settingAt(at, [step]);
    let next: Setting;
    if (following === undefined) next = value;
    else if (before?.kind === (typeof following === 'number' ? 'list' : 'group')) next = before;
    else next = typeof following === 'number' ? listSetting(value.origin) : groupSetting(value.origin);

    if (at.kind === 'group') at.members.set(String(step), next);
    else if (typeof step === 'number' && step <= at.elements.length) at.elements[step] = next;
    else return false;
    if (next.kind !== 'leaf') at = next;
  }
  return true;
}
