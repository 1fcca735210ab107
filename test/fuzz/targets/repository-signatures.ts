import { UnreadableDocumentError } from '../../../src/codec/json-document.js';
import {
  readSigningCertificate,
  renderRepositorySignatures,
  sha256Fingerprint,
} from '../../../src/nuget/repository-signatures.js';
import { readRepositorySignatureClaim } from '../../../src/sources/v3/repository-signatures.js';
import { inPieces, mustHold, refusing } from '../target.js';
import type { Target } from '../target.js';

const certificate = {
  fingerprints: { '2.16.840.1.101.3.4.2.1': '0e'.repeat(32), '2.16.840.1.101.3.4.2.3': 'AB'.repeat(64) },
  subject: 'CN=Somebody',
  issuer: 'CN=Somebody else',
  notBefore: '2018-04-10T00:00:00.0000000Z',
  notAfter: '2021-04-14T12:00:00.0000000Z',
  contentUrl: 'https://source.example/c/x.crt',
};

export const target: Target = {
  name: 'repository-signatures',
  shape: 'json',
  seeds: [
    Buffer.from(
      JSON.stringify({
        allRepositorySigned: true,
        signingCertificates: [certificate, { ...certificate, subject: 'CN=2' }],
      }),
    ),
    Buffer.from(JSON.stringify({ allRepositorySigned: false, signingCertificates: [] })),
  ],
  dictionary: [
    'allRepositorySigned',
    'signingCertificates',
    'fingerprints',
    'notBefore',
    'contentUrl',
    '__proto__',
    '2.16.840.1.101.3.4.2.1',
    '0e'.repeat(32),
  ],
  async run(input) {
    try {
      const { allRepositorySigned, entries } = await readRepositorySignatureClaim(inPieces(input));
      const certificates = entries.flatMap((entry) => readSigningCertificate(entry) ?? []);
      for (const one of certificates)
        mustHold(/^[0-9a-f]{64}$/.test(sha256Fingerprint(one)), 'a certificate has a name');
      const rendered = JSON.parse(
        renderRepositorySignatures(
          { allRepositorySigned, certificates },
          (one) => `https://ours.example/${sha256Fingerprint(one)}`,
        ).toString(),
      ) as { signingCertificates: unknown[] };
      for (const one of rendered.signingCertificates)
        mustHold(readSigningCertificate(one) !== undefined, 'what is rendered can be read');
      return `${Math.min(certificates.length, 3)} of ${Math.min(entries.length, 3)}`;
    } catch (error) {
      return refusing([UnreadableDocumentError], error);
    }
  },
};
