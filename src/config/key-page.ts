import { variableOf } from './environment-layer.js';
import { walkKeys, type Key } from './key-tree.js';

/** Every key as Markdown, for docs/configuration.md. */
export function keyPage(): string {
  return [...walkKeys()]
    .filter(({ path, key }) => !(key.kind === 'leaf' && path.endsWith('[]')))
    .map(({ path, key }) => section(path, key))
    .filter((text) => text !== undefined)
    .join('\n\n');
}

function section(path: string, key: Key): string | undefined {
  const inner = key.kind === 'list' ? key.element : key;
  // A list of groups is told by its groups.
  if (key.kind === 'list' && inner.kind === 'group') return undefined;
  const note = inner.kind === 'list' ? undefined : inner.note;
  if (!note) return undefined;
  const mark = /[.[]/.test(path) ? '####' : '###';
  if (inner.kind === 'group') return `${mark} \`${path}\`\n\n${note.about}`;
  const leafPath = key.kind === 'list' ? `${path}[]` : path;
  return [
    `${mark} \`${path}\``,
    '',
    `${note.about}${note.secret ? ' A secret: never shown.' : ''}`,
    '',
    `- Allowed: ${key.kind === 'list' ? 'a list, each ' : ''}${note.allowed}`,
    `- Default: ${key.fallback === undefined ? 'none' : `\`${fallbackText(key.fallback)}\``}`,
    `- Variable: \`${variableOf(leafPath)}\``,
  ].join('\n');
}

const fallbackText = (fallback: unknown) => (typeof fallback === 'string' ? fallback : JSON.stringify(fallback));
