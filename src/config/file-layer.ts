import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Mistake } from './mistake.js';
import { pathText, type KeyPath } from './key-tree.js';
import { groupSetting, leafSetting, listSetting, type GroupSetting, type Origin, type Setting } from './setting.js';

/** An alias may lie in what it stands for; no honest configuration is this deep. */
const maxDepth = 32;
/** Counted as they are followed: ten lines, each with ten aliases of the one before, would stand for more values than memory holds. */
const maxAliases = 200;

/**
 * A configuration file's values, each with its line. JSON is read as the YAML that it is. `null` counts as not written, so that a group
 * whose members are all commented out is no mistake. Numbers and booleans keep their spelling: the schema decides what they are,
 * and a password `0123` stays one.
 *
 * @param fileName as it shall stand in origins
 */
export function readFileLayer(text: string, fileName: string, mistakes: Mistake[]): GroupSetting {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true });
  const originAt = (offset: number): Origin => ({
    layer: 'file',
    text: `${fileName}:${Math.max(1, lines.linePos(offset).line)}`,
  });
  for (const error of document.errors)
    mistakes.push({ path: '', problem: `cannot be read as YAML: ${error.message}`, origin: originAt(error.pos[0]) });
  if (document.errors.length > 0) return groupSetting(originAt(0));

  const reading: Reading = { document, originAt, mistakes, aliases: 0 };
  const root = read(document.contents, [], reading);
  if (reading.aliases > maxAliases)
    mistakes.push({
      path: '',
      problem: `its aliases stand for too much (more than ${maxAliases})`,
      origin: originAt(0),
    });
  if (root?.kind === 'group') return root;
  if (root) mistakes.push({ path: '', problem: 'does not hold keys and values', origin: root.origin });
  return groupSetting(originAt(0));
}

interface Reading {
  readonly document: Document;
  readonly originAt: (offset: number) => Origin;
  readonly mistakes: Mistake[];
  /** Followed so far. */
  aliases: number;
}

function read(node: unknown, path: KeyPath, reading: Reading): Setting | undefined {
  const { document, originAt, mistakes } = reading;
  const origin = originAt((node as Node | null)?.range?.[0] ?? 0);
  if (path.length > maxDepth) {
    mistakes.push({ path: pathText(path.slice(0, 3)), problem: 'lies too deep', origin });
    return undefined;
  }
  if (isAlias(node)) return ++reading.aliases > maxAliases ? undefined : read(node.resolve(document), path, reading);
  if (isSeq(node)) {
    const elements = node.items.map((element, i) => read(element, [...path, i], reading));
    for (const [i, element] of elements.entries())
      if (!element && reading.aliases <= maxAliases)
        mistakes.push({ path: pathText([...path, i]), problem: 'is empty', origin });
    return listSetting(
      origin,
      elements.filter((element) => element !== undefined),
    );
  }
  if (isMap(node)) {
    const group = groupSetting(origin);
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '?';
      const member = read(value, [...path, name], reading);
      if (!member) continue;
      // A value on the lines below its key is looked for at the key.
      const keyOrigin = originAt((key as Node | null)?.range?.[0] ?? 0);
      group.members.set(name, { ...member, origin: keyOrigin });
    }
    return group;
  }
  if (isScalar(node) && node.value !== null)
    return leafSetting(
      typeof node.value === 'string' ? node.value : (node.source ?? JSON.stringify(node.value)),
      origin,
    );
  return undefined;
}
