import type { Row } from './row.js';

const head = ['', 'figure', 'median', 'low to high', 'target', ''];

/** Small inputs and a round or two in code that has hardly run: whoever reads them as verdicts is misled. */
const quickNote = '\nSmall inputs and few rounds: this tells that it works, not how fast. Nothing is judged.\n';

/** Rows as lines for people, in columns; quick ones beside their targets, but not judged. */
export function table(rows: readonly Row[], isQuick = false): string {
  return inColumns([head, ...rows.map((row) => cells(row, !isQuick))]) + (isQuick ? quickNote : '');
}

function inColumns(lines: readonly (readonly string[])[]): string {
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

function cells(
  { id, name, value, low, high, unit, better, target, skipped, failed }: Row,
  isJudged: boolean,
): readonly string[] {
  if (failed !== undefined) return [id, name, 'failed', failed];
  if (value === null) return [id, name, 'skipped', skipped ?? ''];
  if (target === null) return [id, name, `${value} ${unit}`, `${low} to ${high}`, '', ''];
  const isMet = better === 'lower' ? value <= target : value >= target;
  const aim = `${better === 'lower' ? '<=' : '>='} ${target}`;
  const verdict = isMet ? 'met' : 'missed';
  return [id, name, `${value} ${unit}`, `${low} to ${high}`, aim, isJudged ? verdict : ''];
}
