import type { Row } from './row.js';

export interface BenchOptions {
  /** Small inputs and few rounds: tells that it works, not how fast. */
  readonly isQuick: boolean;
  /** Told before each round, from 1 on: for who waits. What is not counted belongs to the first. */
  readonly onRound?: (round: number, of: number) => void;
}

/** Something that is measured, in one or more rows. */
export interface Figure {
  /** `P5` */
  readonly id: string;
  readonly name: string;
  measure(options: BenchOptions): Promise<readonly Row[]>;
}
