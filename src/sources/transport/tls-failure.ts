import type { Reason } from '../../feed/answer.js';

/** What a TLS failure means and what to do about it. @param code as OpenSSL and Node call it */
export function reasonOfTls(code: string, source: string): Reason {
  const reason = { source, code: 'source-unreachable' as const };
  if (wantsCertificate.test(code))
    return {
      ...reason,
      code: 'source-refused',
      detail: `it wants a client certificate, or does not accept ours (${code}): sources[].auth with kind: certificate`,
      unauthorized: true,
    };
  const told = meanings.get(code);
  return { ...reason, detail: told === undefined ? `TLS failed (${code})` : `TLS failed: ${told} (${code})` };
}

const wantsCertificate = /ALERT_(?:CERTIFICATE_(?:REQUIRED|EXPIRED|REVOKED|UNKNOWN)|UNKNOWN_CA|BAD_CERTIFICATE)/;

const unknownAuthority =
  'its certificate comes from an authority that is not trusted here; if it is yours, give its certificate as ca: file:… at this source';

const meanings: ReadonlyMap<string, string> = new Map([
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', unknownAuthority],
  ['UNABLE_TO_GET_ISSUER_CERT', unknownAuthority],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', unknownAuthority],
  ['SELF_SIGNED_CERT_IN_CHAIN', unknownAuthority],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', unknownAuthority],
  ['CERT_UNTRUSTED', unknownAuthority],
  ['CERT_HAS_EXPIRED', 'its certificate has expired; it must be renewed there, or the clock here is wrong'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet; look at the clocks'],
  [
    'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
    'it broke off; if it wants a client certificate, give one as sources[].auth with kind: certificate',
  ],
  ['CERT_REVOKED', 'its certificate was revoked'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'its certificate is for another host name; use a name of the certificate in the url of this source',
  ],
]);
