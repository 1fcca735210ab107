/** A certificate with which a source signs packages (`repository-signatures-resource.md`), without its address. */
export interface SigningCertificate {
  /** By the object identifier of the hash: lower-case hex. Always has SHA-256. */
  readonly fingerprints: Readonly<Record<string, string>>;
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

const sha256Oid = '2.16.840.1.101.3.4.2.1';

/** @returns `undefined` when a client could not read it: that would be fatal to the whole feed */
export function readSigningCertificate(given: unknown): SigningCertificate | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const { fingerprints, subject, issuer, notBefore, notAfter } = given as Readonly<Record<string, unknown>>;
  if (typeof fingerprints !== 'object' || fingerprints === null) return undefined;
  const known = Object.entries(fingerprints as Readonly<Record<string, unknown>>).flatMap(([oid, fingerprint]) =>
    typeof fingerprint === 'string' && /^[0-9a-f]{40,128}$/i.test(fingerprint)
      ? [[oid, fingerprint.toLowerCase()] as const]
      : [],
  );
  if (!known.some(([oid, fingerprint]) => oid === sha256Oid && fingerprint.length === 64)) return undefined;
  if (!isText(subject) || !isText(issuer) || !isDate(notBefore) || !isDate(notAfter)) return undefined;
  return { fingerprints: Object.fromEntries(known), subject, issuer, notBefore, notAfter };
}

/** Hex: the name of a certificate in our addresses. */
export function sha256Fingerprint({ fingerprints }: SigningCertificate): string {
  return fingerprints[sha256Oid] ?? '';
}

export interface RepositorySignatureClaim {
  readonly allRepositorySigned: boolean;
  readonly certificates: readonly SigningCertificate[];
}

/** The document with our addresses of the certificates: those must be https, or clients give up the feed. */
export function renderRepositorySignatures(
  { allRepositorySigned, certificates }: RepositorySignatureClaim,
  contentUrl: (certificate: SigningCertificate) => string,
): Buffer {
  return Buffer.from(
    JSON.stringify({
      allRepositorySigned,
      signingCertificates: certificates.map((certificate) => ({ ...certificate, contentUrl: contentUrl(certificate) })),
    }),
  );
}

const isText = (given: unknown): given is string => typeof given === 'string';
const isDate = (given: unknown): given is string => isText(given) && !Number.isNaN(Date.parse(given));
