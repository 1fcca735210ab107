import type { Origin } from './setting.js';

/** One thing that is wrong with the configuration. Holds no secret. */
export interface Mistake {
  /** Key path, as in `sources[0].url`; empty where it concerns a whole file. */
  readonly path: string;
  readonly problem: string;
  /** What may stand there instead. */
  readonly allowed?: string;
  readonly origin: Origin;
}

/** `listen.port: "eighty" is not a whole number; allowed: a whole number from 0 to 65535 (config/larder.yaml:3)` */
export function mistakeLine({ path, problem, allowed, origin }: Mistake): string {
  const line = `${path === '' ? '' : `${path}: `}${problem}${allowed === undefined ? '' : `; allowed: ${allowed}`} (${origin.text})`;

  return line.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}

/** The configuration cannot be used. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly mistakes: readonly Mistake[]) {
    super(mistakes.map(mistakeLine).join('\n'));
  }
}
