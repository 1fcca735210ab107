/* Reading members of documents that we rendered ourselves, for pages: what is not there shows as nothing. */

type Json = Readonly<Record<string, unknown>>;

export const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;
/** A text as a list of one, for lists of texts. */
export const texts = (value: unknown): string[] => [text(value) ?? ''].filter((one) => one !== '');
