import { createSecureContext, rootCertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { ClientCertificate } from './credentials.js';
import { textOf } from './secret.js';
import type { Secret } from './secret.js';

/**
 * What TLS needs to trust `ca` beside the authorities that Node trusts, and to show a certificate. Made once for all connections.
 * @throws Error when one of them cannot be read, or key and certificate do not belong together
 */
export function trustOf(ca: Secret | undefined, certificate: ClientCertificate | undefined): SecureContext | undefined {
  if (ca === undefined && certificate === undefined) return undefined;
  const identity = certificate && {
    cert: textOf(certificate.cert),
    key: textOf(certificate.key),
    ...(certificate.passphrase !== undefined && { passphrase: textOf(certificate.passphrase) }),
  };
  const trust = createSecureContext(identity);
  if (ca === undefined) return trust;
  // Node does the same with each `ca`. Reading 144 public authorities beside it would hold up everything for 60 ms and more, and would
  // leave out NODE_EXTRA_CA_CERTS.
  const context = trust.context as { readonly addCACert?: (pem: string) => void };
  if (typeof context.addCACert !== 'function')
    return createSecureContext({ ...identity, ca: [...rootCertificates, textOf(ca)] });
  context.addCACert(textOf(ca));
  return trust;
}
