import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

export interface LogOptions {
  readonly level: string;
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'pretty' | 'json';
}

/** The process' log, on standard output. */
export function createLog(options: LogOptions, destination: NodeJS.WriteStream = process.stdout): Logger {
  const isPretty = options.format === 'pretty' || (options.format === 'auto' && destination.isTTY);
  const settings = {
    level: options.level,
    base: null,
    redact: { paths: ['*.authorization', '*.password', '*.token'], censor: '…' },
  };
  if (!isPretty)
    return pino({ ...settings, timestamp: pino.stdTimeFunctions.isoTime }, destination as DestinationStream);
  return pino(
    settings,
    pretty({
      destination,
      colorize: destination.isTTY,
      ignore: 'pid,hostname',
      translateTime: 'SYS:HH:MM:ss',
      sync: true,
    }),
  );
}

/** A log that says nothing, for tests. */
export const silentLog: Logger = pino({ level: 'silent' });
