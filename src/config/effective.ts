import { keyTree, pathText, type Key, type KeyPath } from './key-tree.js';
import { groupSetting, leafSetting, listSetting, settingOf, type Origin, type Setting } from './setting.js';

/** One value in effect. */
export interface EffectiveValue {
  /** As in `sources[0].url`. */
  readonly path: string;
  /** As written; `undefined` when the key is not set and has no default; masked when it is a secret. */
  readonly value: string | number | boolean | undefined;
  readonly origin: Origin;
}

const byDefault: Origin = { layer: 'default', text: 'default' };
const mask = '******';

/** Every value in effect, in the order of the schema, secrets masked. */
export function effectiveValues(written: Setting): EffectiveValue[] {
  const complete = withDefaults(keyTree, written);
  return complete ? [...rows(keyTree, withFeedSources(complete), [])] : [];
}

/** What was written, with the schema's defaults where nothing was. */
function withDefaults(key: Key, written: Setting | undefined): Setting | undefined {
  const setting = written ?? (key.fallback === undefined ? undefined : settingOf(key.fallback, byDefault));
  if (setting?.kind === 'group' && key.kind === 'group') {
    const group = groupSetting(setting.origin);
    for (const [name, member] of key.keys) {
      const value = withDefaults(member, setting.members.get(name));
      if (value) group.members.set(name, value);
    }
    return group;
  }
  if (setting?.kind === 'list' && key.kind === 'list')
    return listSetting(
      setting.origin,
      setting.elements.map((element) => withDefaults(key.element, element) ?? element),
    );
  return setting;
}

/** A feed that names no sources has all, in order. */
function withFeedSources(root: Setting): Setting {
  if (root.kind !== 'group') return root;
  const sources = root.members.get('sources');
  const names =
    sources?.kind === 'list'
      ? sources.elements.flatMap((source) => {
          const name = source.kind === 'group' ? source.members.get('name') : undefined;
          return name?.kind === 'leaf' ? [leafSetting(name.value, byDefault)] : [];
        })
      : [];
  const feeds = root.members.get('feeds');
  for (const feed of feeds?.kind === 'list' ? feeds.elements : [])
    if (feed.kind === 'group' && !feed.members.has('sources'))
      feed.members.set('sources', listSetting(byDefault, names));
  return root;
}

function* rows(key: Key, setting: Setting | undefined, path: KeyPath): Generator<EffectiveValue> {
  if (setting?.kind === 'group' && key.kind === 'group') {
    for (const [name, member] of key.keys) {
      const value = setting.members.get(name);
      // The members of a union that belong to its other kinds are not missing.
      if (value || !key.isUnion) yield* rows(member, value, [...path, name]);
    }
    return;
  }
  if (setting?.kind === 'list' && key.kind === 'list') {
    for (const [i, element] of setting.elements.entries()) yield* rows(key.element, element, [...path, i]);
    if (setting.elements.length === 0) yield { path: pathText(path), value: '[]', origin: setting.origin };
    return;
  }
  const isSecret = key.kind === 'leaf' && key.note.secret === true;
  const value = setting?.kind === 'leaf' ? (isSecret ? mask : withoutUserInfo(setting.value)) : undefined;
  yield { path: pathText(path), value, origin: setting?.origin ?? byDefault };
}

/** The address of a proxy may hold a password. */
function withoutUserInfo<V>(value: V): V | string {
  return typeof value === 'string' ? value.replace(/^(\w+:\/\/)[^/\s]*@/, `$1${mask}@`) : value;
}
