import { pino } from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';
import { censor, maskByName, secretPaths, textMask } from './mask.js';

export type { Logger };

export interface LogOptions {
  readonly level: string;
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json';
  /** Secrets in the clear, to be struck out wherever they occur. As a function where they change. */
  readonly secrets?: readonly string[] | (() => readonly string[]);
}

/** Where the log goes. */
export type LogDestination = NodeJS.WritableStream & { readonly isTTY?: boolean };

/** The process' log, on standard output. Secrets are struck out here, for every entry (`mask.ts`). */
export function createLog(options: LogOptions, destination: LogDestination = process.stdout): Logger {
  const isTerminal = destination.isTTY === true;
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && isTerminal);
  const settings = {
    level: options.level,
    base: null,
    formatters: { log: maskByName },
    redact: { paths: secretPaths, censor },
    hooks: { streamWrite: textMask(options.secrets ?? []) },
  };
  if (!isPretty)
    return pino(
      {
        ...settings,
        formatters: { ...settings.formatters, level: (label) => ({ level: label }) },
        timestamp: pino.stdTimeFunctions.isoTime,
      },
      destination,
    );
  return pino(
    settings,
    pretty({ destination, colorize: isTerminal, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true }),
  );
}

/** A log that says nothing: for commands whose output is their answer, and for tests. */
export const silentLog: Logger = pino({ level: 'silent' });
