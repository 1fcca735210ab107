import { pathText } from './key-tree.js';
import { parseHttp } from './leaf.js';
import type { Mistake } from './mistake.js';
import { settingAt, type Setting } from './setting.js';

/** What reaches a source over the network and means nothing to a folder. */
const networkKeys = ['auth', 'proxy', 'ca'];

/** A source is a folder or has an address: what is written beside its `url` must go with that. */
export function checkFolders(root: Setting, mistakes: Mistake[]): void {
  const sources = settingAt(root, ['sources']);
  for (const [i, source] of (sources?.kind === 'list' ? sources.elements : []).entries()) {
    const url = settingAt(source, ['url']);
    if (url?.kind !== 'leaf' || url.isUnresolved) continue;
    const isFolder = parseHttp(url.value) === undefined;
    const protocol = settingAt(source, ['protocol']);
    if (protocol?.kind === 'leaf')
      checkProtocol(String(protocol.value), isFolder, ['sources', i, 'protocol'], protocol, mistakes);
    if (!isFolder) continue;
    for (const key of networkKeys) {
      const written = settingAt(source, [key]);
      if (!written || isNone(written)) continue;
      mistakes.push({
        path: pathText(['sources', i, key]),
        problem: 'cannot stand at a folder: files are read with the rights of the user that Larder runs as',
        origin: written.origin,
      });
    }
  }
}

function checkProtocol(
  protocol: string,
  isFolder: boolean,
  path: readonly (string | number)[],
  { origin }: Setting,
  mistakes: Mistake[],
): void {
  if (isFolder === (protocol === 'folder') || protocol === 'auto') return;
  if (isFolder && !['v3', 'v2'].includes(protocol)) return;
  mistakes.push({
    path: pathText(path),
    problem: isFolder
      ? `${JSON.stringify(protocol)} is spoken over http, and the url of this source is a folder`
      : '"folder" goes with the path of a folder, and the url of this source is an http address',
    allowed: isFolder ? 'auto, folder' : 'auto, v3',
    origin,
  });
}

/** `auth: { kind: none }` says what is so. */
function isNone(written: Setting): boolean {
  const kind = settingAt(written, ['kind']);
  return kind?.kind === 'leaf' && kind.value === 'none';
}
