import type { ByteSource } from './byte-source.js';
import { BerError } from './ber.js';
import { readCmsSignature } from './signature-cms.js';
import { readSignatureContent } from './signature-content.js';
import type { SignedHash } from './signature-content.js';
import { findSignature, signatureName } from './signature-entry.js';
import { hashWithoutSignature } from './signature-hash.js';
import type { ZipDirectory, ZipEntry } from './zip-directory.js';
import { readEntry } from './zip-entry.js';

/** A package's signature as it stands in the package: who trusts it is another question. */
export interface PackageSignature {
  readonly entry: ZipEntry;
  /** A repository made it, or countersigned it. */
  readonly isRepositorySigned: boolean;
  readonly signed: SignedHash;
}

/** A signature that NuGet itself could not read. `why` completes "its signature …". */
export interface UnreadableSignature {
  readonly why: string;
}

/** Forty times what is seen. */
const maxSignatureBytes = 1024 * 1024;

/**
 * Reads the signature out of a package.
 *
 * @returns `undefined` when it has none
 * @throws BadPackageError when the signature's bytes are not what the zip directory says
 */
export async function readSignature(
  source: ByteSource,
  directory: ZipDirectory,
): Promise<PackageSignature | UnreadableSignature | undefined> {
  const entry = findSignature(directory);
  if (!entry) return undefined;
  if (directory.entries.filter(({ name }) => name === signatureName).length > 1) return { why: 'is there twice' };
  if (entry.size > maxSignatureBytes) return { why: `has ${entry.size} bytes` };
  try {
    const { content, isRepositorySigned } = readCmsSignature(
      await readEntry(source, directory, entry, maxSignatureBytes),
    );
    const signed = readSignatureContent(content);
    return signed ? { entry, isRepositorySigned, signed } : { why: 'names no hash that NuGet knows' };
  } catch (error) {
    if (error instanceof BerError) return { why: error.message };
    throw error;
  }
}

/**
 * Whether a package is the one that was signed: its bytes without the signature have the hash that the signature tells. One pass over the
 * whole package.
 *
 * @returns `undefined` when the archive is of a kind that NuGet does not sign
 */
export async function isAsSigned(
  source: ByteSource,
  directory: ZipDirectory,
  { entry, signed }: PackageSignature,
  signal?: AbortSignal,
): Promise<boolean | undefined> {
  const hash = await hashWithoutSignature(source, directory, entry, signed.algorithm, signal);
  return hash?.equals(signed.hash);
}
