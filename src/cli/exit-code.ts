/** What the process ends with. */
export const exitCode = {
  done: 0,
  /** What was asked for failed. */
  failed: 1,
  wrongUsage: 2,
} as const;
export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** How a verb reports its end. */
export type Finish = (code: ExitCode) => void;
