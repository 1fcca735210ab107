/**
 * The address that a text is, seen from `base` where it is relative; `undefined` when it is none. In place of `URL.canParse`, which in
 * Node 20 takes Latin-1 for UTF-8 once it is optimised: then it allows what `URL` throws at, and refuses what `URL` reads.
 */
export function parseAddress(text: string, base?: URL): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}
