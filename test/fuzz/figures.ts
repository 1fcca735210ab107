/** How one target fared. */
export interface Figures {
  readonly target: string;
  readonly inputs: number;
  readonly seconds: number;
  /** Of one input, as it ran. */
  readonly slowestMs: number;
  /** Longest hold of the event loop by an input of up to 1 MB, the least of five looks. */
  readonly longestBlockMs: number;
  readonly peakMB: number;
  /** What the heap kept between a tenth of the run and its end, collected both times. */
  readonly heapGrowthMB: number;
  /** Different ways to fare. */
  readonly outcomes: number;
  readonly findings: number;
}

export function tableOf(all: readonly Figures[]): string {
  const head = ['target', 'inputs', 'per s', 'slowest ms', 'block ms', 'peak MB', 'growth MB', 'outcomes', 'findings'];
  const rows = all.map((one) => [
    one.target,
    String(one.inputs),
    (one.inputs / Math.max(one.seconds, 0.001)).toFixed(0),
    one.slowestMs.toFixed(1),
    one.longestBlockMs.toFixed(1),
    one.peakMB.toFixed(0),
    one.heapGrowthMB.toFixed(1),
    String(one.outcomes),
    String(one.findings),
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
