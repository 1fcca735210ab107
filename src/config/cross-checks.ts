import { checkFolders } from './folder-checks.js';
import { checkAccess } from './access-checks.js';
import type { Mistake } from './mistake.js';
import { findDoubles, findStrangers, namesIn } from './names.js';
import { settingAt, type Setting } from './setting.js';

/** What no key can know alone. Works on what was written, so that it finds its mistakes beside those of the schema. */
export function crossCheck(root: Setting, mistakes: Mistake[]): void {
  const sources = namesIn(root, ['sources']);
  // Without sources of its own the configuration has nuget.org; the schema tells when a list is wrong in itself.
  const known = settingAt(root, ['sources']) ? sources.map((source) => String(source.value)) : ['nuget.org'];
  findDoubles(sources, 'sources', mistakes);
  checkFolders(root, mistakes);
  findDoubles(namesIn(root, ['feeds']), 'feeds', mistakes);

  const feeds = settingAt(root, ['feeds']);
  for (const i of feeds?.kind === 'list' ? feeds.elements.keys() : [])
    findStrangers(root, ['feeds', i, 'sources'], known, 'source', mistakes);
  checkAccess(root, mistakes);
}
