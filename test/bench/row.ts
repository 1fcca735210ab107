/** One figure of the benchmark, as `--json` writes it. */
export interface Row {
  /** `P5a`: figure and part. */
  readonly id: string;
  readonly name: string;
  /** The median of the rounds. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly target: number | null;
  /** What it is compared with, where it is a ratio. */
  readonly peer: string | null;
  /** Why it was not measured. */
  readonly skipped?: string;
  /** What broke while it was measured. */
  readonly failed?: string;
}

/** A row without its numbers. */
export type RowFacts = Omit<Row, 'value' | 'low' | 'high' | 'skipped' | 'failed'>;

/** The same rows, not measured, with the reason. */
export function skippedRows(rows: readonly Row[], skipped: string): readonly Row[] {
  return rows.map((row) => ({ ...row, value: null, low: null, high: null, skipped }));
}

/** The median of the rounds with its spread, to three digits behind the point. */
export function rowOf(facts: RowFacts, rounds: readonly number[]): Row {
  const sorted = [...rounds].sort((a, b) => a - b);
  const round = (value: number | undefined) => (value === undefined ? null : Math.round(value * 1000) / 1000);
  const { id, name, ...rest } = facts;
  const middle = sorted[Math.floor(sorted.length / 2)];
  return { id, name, value: round(middle), low: round(sorted[0]), high: round(sorted.at(-1)), ...rest };
}
