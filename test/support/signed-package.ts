import { createHash } from 'node:crypto';
import type { webcrypto } from 'node:crypto';
import { crc32 } from 'node:zlib';

import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';

export interface SigningRecipe {
  /** Default SHA-256. */
  readonly algorithm?: 'sha256' | 'sha384' | 'sha512';
  /** Who signs. Default `repository`; `countersigned`: the author, and a repository countersigns. */
  readonly by?: 'author' | 'repository' | 'countersigned';
  /** The text to sign, in place of the right one. */
  readonly content?: string;
  /** Puts the signature in front of all other entries. */
  readonly isFirst?: boolean;
}

const oids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const;
const commitmentType = '1.2.840.113549.1.9.16.2.16';
const proofOf = { author: '1.2.840.113549.1.9.16.6.1', repository: '1.2.840.113549.1.9.16.6.2' } as const;

/** A package's bytes, signed as NuGet signs: by a certificate of our own, so that nobody trusts it. */
export async function signPackage(unsigned: Buffer, recipe: SigningRecipe = {}): Promise<Buffer> {
  const signature = await makeSignature(recipe.content ?? signatureText(unsigned, recipe), recipe);
  return withSignature(unsigned, signature, recipe);
}

/** What NuGet's signatures sign: the hash of the unsigned package, in words. */
export function signatureText(unsigned: Buffer, { algorithm = 'sha256' }: SigningRecipe = {}): string {
  return `Version:1\n\n${oids[algorithm]}-Hash:${createHash(algorithm).update(unsigned).digest('base64')}\n\n`;
}

/** A CMS SignedData over a text, DER. */
export async function makeSignature(content: string, { by = 'repository' }: SigningRecipe = {}): Promise<Buffer> {
  const { certificate, privateKey } = await signingIdentity();
  const bytes = Buffer.from(content);
  const signer = await makeSigner(certificate, by === 'repository' ? 'repository' : 'author', bytes);
  if (by === 'countersigned') {
    const counter = await makeSigner(certificate, 'repository', bytes);
    const attribute = new pkijs.Attribute({ type: '1.2.840.113549.1.9.6', values: [counter.toSchema()] });
    signer.unsignedAttrs = new pkijs.SignedAndUnsignedAttributes({ type: 1, attributes: [attribute] });
  }
  const signed = new pkijs.SignedData({
    version: 1,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({
      eContentType: pkijs.ContentInfo.DATA,
      eContent: new asn1js.OctetString({ valueHex: new Uint8Array(bytes).buffer }),
    }),
    signerInfos: [signer],
    certificates: [certificate],
  });
  await signed.sign(privateKey, 0, 'SHA-256', new Uint8Array(bytes).buffer);
  const info = new pkijs.ContentInfo({ contentType: pkijs.ContentInfo.SIGNED_DATA, content: signed.toSchema(true) });
  return Buffer.from(info.toSchema().toBER());
}

async function makeSigner(certificate: pkijs.Certificate, by: keyof typeof proofOf, content: Buffer) {
  const attributes = [
    new pkijs.Attribute({
      type: '1.2.840.113549.1.9.3',
      values: [new asn1js.ObjectIdentifier({ value: pkijs.ContentInfo.DATA })],
    }),
    new pkijs.Attribute({
      type: '1.2.840.113549.1.9.4',
      values: [
        new asn1js.OctetString({ valueHex: new Uint8Array(createHash('sha256').update(content).digest()).buffer }),
      ],
    }),
    new pkijs.Attribute({
      type: commitmentType,
      values: [new asn1js.Sequence({ value: [new asn1js.ObjectIdentifier({ value: proofOf[by] })] })],
    }),
  ];
  return new pkijs.SignerInfo({
    version: 1,
    sid: new pkijs.IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
    signedAttrs: new pkijs.SignedAndUnsignedAttributes({ type: 0, attributes }),
  });
}

interface SigningIdentity {
  readonly certificate: pkijs.Certificate;
  readonly privateKey: webcrypto.CryptoKey;
}

let identity: Promise<SigningIdentity> | undefined;

/** Made once per process. */
function signingIdentity(): Promise<SigningIdentity> {
  return (identity ??= makeIdentity());
}

async function makeIdentity(): Promise<SigningIdentity> {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const certificate = new pkijs.Certificate();
  certificate.version = 2;
  certificate.serialNumber = new asn1js.Integer({ value: 1 });
  for (const name of [certificate.issuer, certificate.subject])
    name.typesAndValues.push(
      new pkijs.AttributeTypeAndValue({
        type: '2.5.4.3',
        value: new asn1js.Utf8String({ value: 'Scripted signer' }),
      }),
    );
  certificate.notBefore.value = new Date('2020-01-01T00:00:00Z');
  certificate.notAfter.value = new Date('2040-01-01T00:00:00Z');
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey);
  await certificate.sign(keys.privateKey, 'SHA-256');
  return { certificate, privateKey: keys.privateKey };
}

const endSize = 22;
const name = Buffer.from('.signature.p7s');

/** Puts a signature file into a package that has no zip comment, as NuGet does: stored, behind all other entries. */
export function withSignature(zip: Buffer, signature: Buffer, { isFirst = false }: SigningRecipe = {}): Buffer {
  const end = zip.subarray(zip.length - endSize);
  const directoryOffset = end.readUInt32LE(16);
  const entries = zip.subarray(0, directoryOffset);
  const directory = Buffer.from(zip.subarray(directoryOffset, zip.length - endSize));
  const local = Buffer.concat([header(0x04034b50, signature, 0), name, signature]);
  if (isFirst) moveEntries(directory, local.length);
  const central = Buffer.concat([header(0x02014b50, signature, isFirst ? 0 : directoryOffset), name]);
  const newEnd = Buffer.from(end);
  newEnd.writeUInt16LE(end.readUInt16LE(8) + 1, 8);
  newEnd.writeUInt16LE(end.readUInt16LE(10) + 1, 10);
  newEnd.writeUInt32LE(directory.length + central.length, 12);
  newEnd.writeUInt32LE(directoryOffset + local.length, 16);
  return Buffer.concat([...(isFirst ? [local, entries] : [entries, local]), directory, central, newEnd]);
}

/** The fields that a local header and a directory header share, and what the latter has besides. */
function header(magic: number, content: Buffer, offset: number): Buffer {
  const isCentral = magic === 0x02014b50;
  const bytes = Buffer.alloc(isCentral ? 46 : 30);
  bytes.writeUInt32LE(magic, 0);
  const at = isCentral ? 6 : 4;
  bytes.writeUInt16LE(20, at);
  bytes.writeUInt32LE(crc32(content), at + 10);
  bytes.writeUInt32LE(content.length, at + 14);
  bytes.writeUInt32LE(content.length, at + 18);
  bytes.writeUInt16LE(name.length, at + 22);
  if (isCentral) bytes.writeUInt32LE(offset, 42);
  return bytes;
}

function moveEntries(directory: Buffer, by: number): void {
  for (let at = 0; at < directory.length;) {
    directory.writeUInt32LE(directory.readUInt32LE(at + 42) + by, at + 42);
    at += 46 + directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
}
