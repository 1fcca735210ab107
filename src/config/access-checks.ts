import { pathText } from './key-tree.js';
import type { Mistake } from './mistake.js';
import { findDoubles, findStrangers, namesIn } from './names.js';
import { settingAt, type LeafSetting, type Setting } from './setting.js';

/** Keys have names and secrets of their own, and open feeds that there are. */
export function checkAccess(root: Setting, mistakes: Mistake[]): void {
  findDoubles(namesIn(root, ['access', 'keys']), 'access.keys', mistakes);
  const feeds = settingAt(root, ['feeds']) ? namesIn(root, ['feeds']).map(({ value }) => String(value)) : ['default'];
  const keys = settingAt(root, ['access', 'keys']);
  const secrets = new Map<string, LeafSetting>();
  for (const [i, key] of (keys?.kind === 'list' ? keys.elements : []).entries()) {
    findStrangers(root, ['access', 'keys', i, 'feeds'], feeds, 'feed', mistakes);
    const secret = settingAt(key, ['key']);
    if (secret?.kind !== 'leaf' || secret.isUnresolved) continue;
    const before = secrets.get(String(secret.value));
    if (before)
      mistakes.push({
        path: pathText(['access', 'keys', i, 'key']),
        problem: `its value is that of another key (${before.origin.text}): nobody could tell them apart`,
        origin: secret.origin,
      });
    else secrets.set(String(secret.value), secret);
  }
}
