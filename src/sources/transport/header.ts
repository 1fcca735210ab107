export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** A header that makes sense once: the first of several. */
export function readHeader(headers: ResponseHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** `Content-Length` in bytes, where it is a number. */
export function readContentLength(headers: ResponseHeaders): number | undefined {
  const value = readHeader(headers, 'content-length');
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
