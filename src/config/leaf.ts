import { X509Certificate } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import * as z from 'zod';
import { parseAddress } from '../nuget/parse-address.js';
import { parseDuration, parseSize } from './units.js';

/** What is told of a key beside its type. */
export interface KeyNote {
  /** One or two sentences for the reader of the reference. */
  readonly about: string;
  /** What may stand there, as it ends a mistake's line. */
  readonly allowed: string;
  /** Never shown: not by `check`, not in a mistake. */
  readonly secret?: boolean;
  /** Read again when it stands in a file and that changes: its value is a `FileText`. */
  readonly rotates?: boolean;
  /** The JSON Schema of what is usually written there; absent for any text. */
  readonly json?: Readonly<Record<string, unknown>>;
}

/** The notes on all keys, by their innermost schema. */
export const notes = z.registry<KeyNote>();

/** What a leaf's reader returns for a value that it cannot take: the words that follow the value in a mistake's line. */
export class Problem {
  constructor(readonly text: string) {}
}

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** A value that is read again when the file it stands in changes. */
export interface FileText {
  readonly text: string;
  /** Absolute path; absent where the value does not come from a file. */
  readonly file?: string;
}

/** How `file:` gives such a value to the schema. */
export class ReadFromFile implements FileText {
  constructor(
    readonly text: string,
    readonly file: string,
  ) {}
}

/** Text that comes from the environment is read as what the key wants, so every leaf takes text. */
export function leaf<T extends NonNullable<unknown>>(
  note: KeyNote,
  read: (value: string | number | boolean) => T | Problem,
) {
  return scalar
    .transform((value, context): T => {
      const result = read(value);
      if (!(result instanceof Problem)) return result;
      context.addIssue({ code: 'custom', message: result.text });
      return z.NEVER;
    })
    .register(notes, note);
}

const quantity = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: '^\\s*\\d+(\\.\\d+)?\\s*[A-Za-z]*\\s*$' },
  ],
};

interface Bounds {
  readonly atLeast?: number;
  readonly atMost?: number;
}

const within = (amount: number, { atLeast = 0, atMost = Infinity }: Bounds) =>
  amount < atLeast ? new Problem('is too small') : amount > atMost ? new Problem('is too large') : amount;

/** A longer timer would fire at once: Node keeps its delay in 31 bits. */
const longestTimerMs = 24 * 86_400_000;

/** Milliseconds from now on which something is seen as old; 0 is at once. */
export const age = (about: string) =>
  leaf(
    { about, allowed: 'a duration: 500ms, 30s, 10m, 2h, 1d, or a number of milliseconds', json: quantity },
    (value) =>
      typeof value === 'boolean'
        ? new Problem('is not a duration')
        : (parseDuration(value) ?? new Problem('is not a duration')),
  );

/** Milliseconds that something may take. */
export const timeLimit = (about: string) =>
  leaf(
    { about, allowed: 'a duration from 1ms to 24d: 500ms, 30s, 10m, 2h, or a number of milliseconds', json: quantity },
    (value) => {
      const ms = typeof value === 'boolean' ? undefined : parseDuration(value);
      return ms === undefined ? new Problem('is not a duration') : within(ms, { atLeast: 1, atMost: longestTimerMs });
    },
  );

export const size = (about: string, atLeast: { text: string; bytes: number }) =>
  leaf(
    { about, allowed: `a size of ${atLeast.text} or more: 64KiB, 128MB, 5GB, or a number of bytes`, json: quantity },
    (value) => {
      const bytes = typeof value === 'boolean' ? undefined : parseSize(value);
      return bytes === undefined ? new Problem('is not a size') : within(bytes, { atLeast: atLeast.bytes });
    },
  );

export const count = (about: string, bounds: { atLeast: number; atMost: number }) =>
  leaf(
    {
      about,
      allowed: `a whole number from ${bounds.atLeast} to ${bounds.atMost}`,
      json: { type: 'integer', minimum: bounds.atLeast, maximum: bounds.atMost },
    },
    (value) => {
      const amount = /^\d+$/.test(String(value)) ? Number(value) : NaN;
      return Number.isSafeInteger(amount) ? within(amount, bounds) : new Problem('is not a whole number');
    },
  );

export const yesNo = (about: string) =>
  leaf({ about, allowed: 'true or false', json: { type: 'boolean' } }, (value) => {
    const text = String(value).toLowerCase();
    return text === 'true' ? true : text === 'false' ? false : new Problem('is neither true nor false');
  });

export const text = (about: string, allowed: string, pattern: RegExp = /^[^\u0000-\u001f\u007f]+$/) =>
  leaf({ about, allowed }, (value) => (pattern.test(String(value)) ? String(value) : new Problem('cannot stand here')));

/** Text that is never shown. */
export const secret = (about: string, allowed: string, pattern: RegExp = /^[^\u0000-\u001f\u007f]+$/) =>
  leaf({ about, allowed, secret: true }, (value) =>
    pattern.test(String(value)) ? String(value) : new Problem('is empty or holds characters that cannot stand here'),
  );

/** A secret that clients send to us in a header: what every header and every client's form of it can carry. Lengths in characters. */
export const accessKey = (about: string, { atLeast, atMost }: { atLeast: number; atMost: number }) =>
  leaf(
    {
      about,
      allowed: `${atLeast} to ${atMost} visible ASCII characters without spaces, best as env:NAME or file:PATH`,
      secret: true,
    },
    (value) => {
      const text = String(value);
      if (!/^[\x21-\x7e]*$/.test(text)) return new Problem('holds spaces or characters that a header cannot carry');
      return text.length < atLeast
        ? new Problem('is too short')
        : text.length > atMost
          ? new Problem('is too long')
          : text;
    },
  );

/** Text that stays joined to the file it stands in, if it stands in one. */
function rotating(note: KeyNote, objection: (text: string) => string | undefined) {
  return z
    .union([scalar, z.instanceof(ReadFromFile)])
    .transform((value, context): FileText => {
      const read: FileText = value instanceof ReadFromFile ? value : { text: String(value) };
      const message = objection(read.text);
      if (message === undefined) return { ...read };
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .register(notes, { ...note, rotates: true });
}

/** A secret that may be replaced in its file at any time. */
export const rotatingSecret = (about: string, allowed: string, pattern: RegExp = /^[^\u0000-\u001f\u007f]+$/) =>
  rotating({ about, allowed, secret: true }, (text) =>
    pattern.test(text) ? undefined : 'is empty or holds characters that cannot stand here',
  );

/** Certificates in PEM, one or more. */
export const rotatingCertificates = (about: string) =>
  rotating({ about, allowed: 'certificates in PEM, best as file:PATH' }, (text) =>
    areCertificates(text) ? undefined : 'is not one or more certificates in PEM',
  );

/** The address of a proxy, which may hold a user and a password; or `none`. */
export const rotatingProxy = (about: string) =>
  rotating(
    {
      about,
      allowed: 'an address that begins with http:// or https://, best as file:PATH if it holds a password; or none',
    },
    (text) => (text === 'none' || isProxyAddress(text) ? undefined : 'is not the address of a proxy'),
  );

export const choice = <const C extends string>(about: string, choices: readonly C[]) =>
  leaf({ about, allowed: choices.join(', '), json: { enum: choices } }, (value) => {
    const chosen = choices.find((choice) => choice === value);
    return chosen ?? new Problem('is none of the choices');
  });

/** One fixed word: what tells the kinds of a union apart. */
export function word<const W extends string>(about: string, allowed: string, wanted: W) {
  const schema = z.literal(wanted);
  notes.add(schema, { about, allowed });
  return schema;
}

/** @returns `undefined` when it is no http address */
export function parseHttp(value: string | number | boolean): URL | undefined {
  const url = typeof value === 'string' ? parseAddress(value) : undefined;
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined;
}

/** An address to ask, or what is wrong with it. Credentials stand elsewhere. */
export function readHttpAddress(url: URL): string | Problem {
  if (url.username !== '' || url.password !== '')
    return new Problem('holds a user or password: credentials belong in `auth`');
  if (url.hash !== '') return new Problem('has a fragment');
  return url.href;
}

/** Whether a text is the address of an HTTP proxy: no path, no query, and user info that can be read. */
export function isProxyAddress(text: string): boolean {
  const url = parseHttp(text);
  if (url === undefined || url.pathname !== '/' || url.search !== '' || url.hash !== '') return false;
  try {
    // Each by itself: `%4` and `1` are one letter together and none apart.
    decodeURIComponent(url.username);
    decodeURIComponent(url.password);
    return true;
  } catch {
    return false;
  }
}

/** Whether every certificate in the text can be read, and there is one. */
export function areCertificates(text: string): boolean {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    for (const block of blocks) new X509Certificate(block);
    return blocks.length > 0;
  } catch {
    return false;
  }
}

/** The address that clients know us by, ending in `/`. */
export const publicAddress = (about: string) =>
  leaf({ about, allowed: 'an address that begins with http:// or https://, without query' }, (value) => {
    const url = parseHttp(value);
    if (url === undefined) return new Problem('is not an http address');
    if (url.username !== '' || url.password !== '') return new Problem('holds a user or password');
    if (url.search !== '' || url.hash !== '') return new Problem('has a query or a fragment');
    return url.href.endsWith('/') ? url.href : `${url.href}/`;
  });

export const network = (about: string) =>
  leaf({ about, allowed: 'an address or a network: 127.0.0.1, 10.0.0.0/8, fd00::/8' }, (value) =>
    ipaddr.isValid(String(value)) || ipaddr.isValidCIDR(String(value))
      ? String(value)
      : new Problem('is neither an IP address nor a network'),
  );
