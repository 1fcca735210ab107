import type { Row } from './row.js';

const head = ['', 'figure', 'median', 'low to high', 'target', ''];

/** Rows as lines for people, in columns. */
export function table(rows: readonly Row[]): string {
  const lines = [head, ...rows.map(cells)];
  // A reason is as long as it is: it stands last in its line and must not widen a column.
  const widths = head.map((_, column) =>
    Math.max(...lines.filter((line) => column < line.length - 1).map((line) => line[column]?.length ?? 0)),
  );
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function cells({ id, name, value, low, high, unit, better, target, skipped, failed }: Row): string[] {
  if (failed !== undefined) return [id, name, 'failed', failed];
  if (value === null) return [id, name, 'skipped', skipped ?? ''];
  if (target === null) return [id, name, `${value} ${unit}`, `${low} to ${high}`, '', ''];
  const isMet = better === 'lower' ? value <= target : value >= target;
  const aim = `${better === 'lower' ? '<=' : '>='} ${target}`;
  return [id, name, `${value} ${unit}`, `${low} to ${high}`, aim, isMet ? 'met' : 'missed'];
}
