import { ConfigError, mistakeLine } from '../config/mistake.js';
import { exitCode, type ExitCode } from './exit-code.js';

/**
 * Prints one line per mistake on standard error.
 * @returns wrong usage when it was the command line's, else failed
 * @throws any other error
 */
export function reportMistakes(error: unknown): ExitCode {
  if (!(error instanceof ConfigError)) throw error;
  for (const mistake of error.mistakes) console.error(mistakeLine(mistake));
  return error.mistakes.every(({ origin }) => origin.layer === 'flag') ? exitCode.wrongUsage : exitCode.failed;
}
