/** The hash that a signature was made over. */
export interface SignedHash {
  readonly algorithm: 'sha256' | 'sha384' | 'sha512';
  readonly hash: Buffer;
}

const algorithms: Readonly<Record<string, { readonly algorithm: SignedHash['algorithm']; readonly bytes: number }>> = {
  '2.16.840.1.101.3.4.2.1-Hash': { algorithm: 'sha256', bytes: 32 },
  '2.16.840.1.101.3.4.2.2-Hash': { algorithm: 'sha384', bytes: 48 },
  '2.16.840.1.101.3.4.2.3-Hash': { algorithm: 'sha512', bytes: 64 },
};

/**
 * Reads the text that a package's signature signs: a section with `Version:1`, an empty line, and a section whose first known
 * `<object identifier>-Hash:<base64>` counts (`SignatureContent` and `KeyPairFileReader` of NuGet.Packaging).
 *
 * @returns `undefined` when it says no hash that NuGet would take
 */
export function readSignatureContent(bytes: Buffer): SignedHash | undefined {
  const lines = bytes.toString('utf8').split(/\r\n|\r|\n/);
  const first = lines.indexOf('');
  if (first < 0) return undefined;
  const head = readSection(lines.slice(0, first));
  const second = lines.indexOf('', first + 1);
  const body = second < 0 ? undefined : readSection(lines.slice(first + 1, second));
  if (head?.get('Version') !== '1' || !body) return undefined;
  for (const [key, value] of body) {
    const known = algorithms[key];
    if (!known) continue;
    const hash = Buffer.from(value, 'base64');
    return hash.length === known.bytes && hash.toString('base64') === value
      ? { algorithm: known.algorithm, hash }
      : undefined;
  }
  return undefined;
}

/** @returns `undefined` when a line is no pair, or a key comes twice */
function readSection(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const key = line.slice(0, Math.max(colon, 0));
    if (!/^[a-zA-Z0-9.\-/]+$/.test(key) || colon + 1 === line.length || pairs.has(key)) return undefined;
    pairs.set(key, line.slice(colon + 1));
  }
  return pairs;
}
