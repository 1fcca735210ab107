import { pino } from 'pino';
import type { Logger } from 'pino';
import pretty from 'pino-pretty';
import { systemClock } from './clock.js';
import type { KnownEntry, KnownMembers } from './known-entry.js';
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
  if (!isPretty) {
    const lines = ownDestination ?? stdoutInBatches();
    const time = isoTime();
    const log = pino(
      {
        ...settings,
        formatters: { ...settings.formatters, level: (label) => ({ level: label }) },
        timestamp: () => `,"time":"${time()}"`,
      },
      lines,
    );
    directly.set(log, (level, entry, more) => {
      if (lines instanceof LineBatches) lines.lastLevel = pino.levels.values[level] ?? 0;
      const line = `{"level":"${level}","time":"${time()}",${entry.line(more)}`;
      lines.write(settings.hooks.streamWrite(line));
    });
    return log;
  }
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

/** The time of an entry, made once a millisecond. */
function isoTime(): () => string {
  let atMs = Number.NaN;
  let text = '';
  return () => {
    const nowMs = systemClock.now();
    if (nowMs !== atMs) text = new Date((atMs = nowMs)).toISOString();
    return text;
  };
}

/** Writes an entry of an enabled level, with `more` behind the members that it has. */
export type WriteKnown = (level: 'info' | 'warn', entry: KnownEntry, more: KnownMembers) => void;

const directly = new WeakMap<Logger, WriteKnown>();

/**
 * The log for entries that come with every request: they are not searched by name, which costs several times as much as the rest. The
 * finished line is searched for secrets, as every line.
 */
export function knownEntries(log: Logger): WriteKnown {
  return directly.get(log) ?? ((level, { members, message }, more) => log[level]({ ...members, ...more }, message));
}

/** A log that says nothing: for commands whose output is their answer, and for tests. */
export const silentLog: Logger = pino({ level: 'silent' });
