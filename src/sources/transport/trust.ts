import { createSecureContext, rootCertificates } from 'node:tls';
import * as tls from 'node:tls';
import type { SecureContext } from 'node:tls';
import type { ClientCertificate } from './credentials.js';
import { textOf } from './secret.js';
import type { Secret } from './secret.js';

/**
 * What TLS needs to trust `ca` beside the authorities that Node trusts, and to show a certificate; made once, since reading all authorities
 * for each connection would cost milliseconds each time.
 * @throws Error when one of them cannot be read, or key and certificate do not belong together
 */
export function trustOf(ca: Secret | undefined, certificate: ClientCertificate | undefined): SecureContext | undefined {
  if (ca === undefined && certificate === undefined) return undefined;
  return createSecureContext({
    ...(ca !== undefined && { ca: [...publicAuthorities(), textOf(ca)] }),
    ...(certificate && {
      cert: textOf(certificate.cert),
      key: textOf(certificate.key),
      ...(certificate.passphrase !== undefined && { passphrase: textOf(certificate.passphrase) }),
    }),
  });
}

/** What Node trusts when nobody says anything; with `NODE_EXTRA_CA_CERTS` where Node can tell. */
function publicAuthorities(): readonly string[] {
  // Since Node 22.15.
  if ('getCACertificates' in tls) return (tls.getCACertificates as (type: 'default') => readonly string[])('default');
  return rootCertificates;
}
