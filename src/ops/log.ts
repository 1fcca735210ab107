import { pino } from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';
import { LineBatches } from './line-batches.js';
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

/**
 * The process' log, on standard output. Secrets are struck out here, for every entry (`mask.ts`). JSON on standard output goes out in
 * batches (`line-batches.ts`), to a destination of one's own line by line.
 */
export function createLog(options: LogOptions, ownDestination?: LogDestination): Logger {
  const destination: LogDestination = ownDestination ?? process.stdout;
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
        timestamp: isoTime(),
      },
      ownDestination ?? stdoutInBatches(),
    );
  return pino(
    settings,
    pretty({ destination, colorize: isTerminal, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss', sync: true }),
  );
}

function stdoutInBatches(): LineBatches {
  const batches = new LineBatches(process.stdout);
  process.once('exit', () => batches.flush());
  return batches;
}

/** As pino's own, made once a millisecond. */
function isoTime(): () => string {
  let atMs = Number.NaN;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== atMs) text = `,"time":"${new Date((atMs = nowMs)).toISOString()}"`;
    return text;
  };
}

/**
 * The same log for entries whose members are known, flat and never named like a secret: they are not searched by name. The finished line
 * still is searched for secrets, as every line.
 */
export function knownEntries(log: Logger): Logger {
  return log.child({}, { redact: [], formatters: { log: (entry) => entry } });
}

/** A log that says nothing: for commands whose output is their answer, and for tests. */
export const silentLog: Logger = pino({ level: 'silent' });
