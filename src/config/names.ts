import { pathText, type KeyPath } from './key-tree.js';
import type { Mistake } from './mistake.js';
import { settingAt, type LeafSetting, type Setting } from './setting.js';

/** Members of the list at `path` that name nothing, or the same thing again. */
export function findStrangers(
  root: Setting,
  path: KeyPath,
  known: readonly string[],
  what: string,
  mistakes: Mistake[],
): void {
  const members = settingAt(root, path);
  const seen = new Set<string>();
  for (const [i, member] of (members?.kind === 'list' ? members.elements : []).entries()) {
    if (member.kind !== 'leaf') continue;
    const name = String(member.value);
    const at = { path: pathText([...path, i]), origin: member.origin };
    if (!known.includes(name))
      mistakes.push({
        ...at,
        problem: `${JSON.stringify(name)} is no configured ${what}`,
        allowed: known.join(', '),
      });
    else if (seen.has(name)) mistakes.push({ ...at, problem: `${JSON.stringify(name)} stands there twice` });
    seen.add(name);
  }
}

/** The names of the members of a list. */
export function namesIn(root: Setting, path: KeyPath): LeafSetting[] {
  const setting = settingAt(root, path);
  if (setting?.kind !== 'list') return [];
  return setting.elements.flatMap((element) => {
    const name = settingAt(element, ['name']);
    return name?.kind === 'leaf' ? [name] : [];
  });
}

/** Names become parts of URLs and keys, some of which do not tell upper from lower case. */
export function findDoubles(names: readonly LeafSetting[], list: string, mistakes: Mistake[]): void {
  const first = new Map<string, LeafSetting>();
  for (const name of names) {
    const key = String(name.value).toLowerCase();
    const before = first.get(key);
    if (before)
      mistakes.push({
        path: `${list}[].name`,
        problem: `${JSON.stringify(name.value)} is the name of two ${list} (the other: ${before.origin.text})`,
        allowed: 'names that differ in more than upper and lower case',
        origin: name.origin,
      });
    else first.set(key, name);
  }
}
