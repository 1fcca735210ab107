/**
 * What a Larder configuration may hold some day and this version cannot honour. It is refused by name rather than passed over: a server
 * that ignores `feeds[].policy` would let through what is forbidden.
 */
const keys: ReadonlySet<string> = new Set([
  'feeds[].policy',
  'store.endpoint',
  'store.bucket',
  'store.region',
  'store.prefix',
  'store.credentials',
]);

const values: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['store.kind', new Set(['s3'])],
  ['sources[].protocol', new Set(['v2'])],
]);

const shapeOf = (path: string) => path.replace(/\[\d+\]/g, '[]');

/** @param path as in `sources[0].proxy` */
export const isUnsupportedKey = (path: string) => keys.has(shapeOf(path));

export const isUnsupportedValue = (path: string, value: unknown) =>
  typeof value === 'string' && (values.get(shapeOf(path))?.has(value) ?? false);

/** @param steps of a variable, as in `SOURCES`, `0`, `PROXY` */
export function isUnsupportedVariable(steps: readonly string[]): boolean {
  const shape = steps
    .map((step) => (/^\d+$/.test(step) ? '[]' : step))
    .join('.')
    .replaceAll('.[]', '[]')
    .toLowerCase();
  return [...keys]
    .map((key) => key.toLowerCase())
    .some((key) => shape === key || shape.startsWith(`${key}.`) || shape.startsWith(`${key}[`));
}
