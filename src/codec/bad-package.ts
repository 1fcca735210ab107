/** Bytes that are no usable package. Its message is one sentence for a person. */
export class BadPackageError extends Error {
  override readonly name = 'BadPackageError';
}

/** What a package says of itself, shortened and escaped, so that it cannot forge a log line or a header. */
export function quoteFromPackage(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 80)}…` : text;
  const escaped = short.replace(/[\p{C}\u2028\u2029"\\]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
  return `"${escaped}"`;
}
