import { checkFolders } from './folder-checks.js';
import { pathText } from './key-tree.js';
import type { Mistake } from './mistake.js';
import { settingAt, type LeafSetting, type Setting } from './setting.js';

/** What no key can know alone. Works on what was written, so that it finds its mistakes beside those of the schema. */
export function crossCheck(root: Setting, mistakes: Mistake[]): void {
  const sources = namesIn(root, 'sources');
  // Without sources of its own the configuration has nuget.org; the schema tells when a list is wrong in itself.
  const known = settingAt(root, ['sources']) ? sources.map((source) => String(source.value)) : ['nuget.org'];
  findDoubles(sources, 'sources', mistakes);
  findDoubles(namesIn(root, 'feeds'), 'feeds', mistakes);
  checkFolders(root, mistakes);

  const feeds = settingAt(root, ['feeds']);
  for (const [i, feed] of (feeds?.kind === 'list' ? feeds.elements : []).entries()) {
    const members = settingAt(feed, ['sources']);
    const seen = new Set<string>();
    for (const [j, member] of (members?.kind === 'list' ? members.elements : []).entries()) {
      if (member.kind !== 'leaf') continue;
      const name = String(member.value);
      const at = { path: pathText(['feeds', i, 'sources', j]), origin: member.origin };
      if (!known.includes(name))
        mistakes.push({ ...at, problem: `${JSON.stringify(name)} is no configured source`, allowed: known.join(', ') });
      else if (seen.has(name)) mistakes.push({ ...at, problem: `${JSON.stringify(name)} stands there twice` });
      seen.add(name);
    }
  }
}

function namesIn(root: Setting, list: string): LeafSetting[] {
  const setting = settingAt(root, [list]);
  if (setting?.kind !== 'list') return [];
  return setting.elements.flatMap((element) => {
    const name = settingAt(element, ['name']);
    return name?.kind === 'leaf' ? [name] : [];
  });
}

/** Names become parts of URLs and keys, some of which do not tell upper from lower case. */
function findDoubles(names: readonly LeafSetting[], list: string, mistakes: Mistake[]): void {
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
