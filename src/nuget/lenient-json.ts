import { parseAddress } from './parse-address.js';

/** Readers of single fields as servers send them: what has another type is absent, never an error. */

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** An array of texts, or one text cut by `separator`, without empty ones. */
export function readTexts(value: unknown, separator: RegExp): string[] | undefined {
  const texts = Array.isArray(value) ? value : typeof value === 'string' ? value.split(separator) : undefined;
  return texts?.flatMap((text) => (typeof text === 'string' && text.trim() !== '' ? [text.trim()] : []));
}

/** A whole number of 0 or more, also as text. */
export function readCount(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof count === 'number' && Number.isFinite(count) && count >= 0 ? Math.floor(count) : undefined;
}

/** An address for people to open: web addresses only. */
export function readWebAddress(value: unknown): string | undefined {
  const text = readText(value)?.trim();
  return text !== undefined && /^https?:\/\/\S+$/i.test(text) && parseAddress(text) !== undefined ? text : undefined;
}
