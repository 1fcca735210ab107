import { isObject } from '../nuget/lenient-json.js';
import type { JsonObject } from '../nuget/lenient-json.js';

/* Reading members of documents that we rendered ourselves, for pages: what is not there shows as nothing. */

export const object = (value: unknown): JsonObject => (isObject(value) ? value : {});
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
/** A text as a list of one, for lists of texts. */
export const texts = (value: unknown): string[] => [text(value) ?? ''].filter((one) => one !== '');
