import { createSecureContext } from 'node:tls';
import * as z from 'zod';
import {
  choice,
  count,
  notes,
  rotatingCertificates,
  rotatingProxy,
  rotatingSecret,
  text,
  timeLimit,
  word,
} from './leaf.js';
import { isFolder, sourceAddress } from './source-address.js';

/** Names of sources and feeds stand in URLs, headers and keys. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
export const nameAllowed = 'letters, digits, `.`, `_` and `-`, beginning with a letter or digit, at most 100';

/** Package Source Mapping's two forms: the id itself, or a prefix that ends in `*`. */
const idPattern = /^(?:\*|[A-Za-z0-9_][A-Za-z0-9_.-]*\*?)$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const kinds = 'basic, bearer, apiKey, certificate, none';
const kindAbout = 'How to sign in at this source.';
const credential = 'any text without control characters, best as env:NAME or file:PATH';
const pem = /^-----BEGIN [^]*-----END /;

const hosts = z
  .array(
    text(
      'Further hosts, named by the index of this source, that get the credentials too; over https only. Needed for Cloudsmith.',
      'a host name, with `:port` unless it is 443',
      /^[A-Za-z0-9][A-Za-z0-9.-]*(?::\d{1,5})?$/,
    ),
  )
  .min(1)
  .optional();

const certificate = z
  .strictObject({
    kind: word(kindAbout, kinds, 'certificate'),
    cert: rotatingCertificates('The client certificate with its chain, with `kind: certificate`.'),
    key: rotatingSecret('The private key in PEM, with `kind: certificate`.', 'PEM text, best as file:PATH', pem),
    passphrase: rotatingSecret('What the private key is encrypted with, if it is.', credential).optional(),
    hosts,
  })
  .superRefine(({ cert, key, passphrase }, context) => {
    try {
      createSecureContext({ cert: cert.text, key: key.text, ...(passphrase && { passphrase: passphrase.text }) });
    } catch {
      const message = 'cannot be read, is encrypted with another passphrase, or does not belong to the certificate';
      context.addIssue({ code: 'custom', path: ['key'], message });
    }
  });

const auth = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: word(kindAbout, kinds, 'none') }),
    z.strictObject({
      kind: word(kindAbout, kinds, 'basic'),
      username: text('User name, with `kind: basic`.', 'any text without control characters'),
      password: rotatingSecret('Password or personal access token, with `kind: basic`.', credential),
      hosts,
    }),
    z.strictObject({
      kind: word(kindAbout, kinds, 'bearer'),
      token: rotatingSecret('The token of `Authorization: Bearer`, with `kind: bearer`.', credential),
      hosts,
    }),
    z.strictObject({
      kind: word(kindAbout, kinds, 'apiKey'),
      header: text('The header that carries the key, with `kind: apiKey`.', 'an HTTP header name', headerName),
      key: rotatingSecret('The key, with `kind: apiKey`; in PEM, with `kind: certificate`.', credential),
      hosts,
    }),
    certificate,
  ])
  .register(notes, {
    about:
      'Credentials for this source. They are sent to scheme, host and port of its `url` and nowhere else; on hosts that many owners share, to the owner’s part of them (docs/sources.md).',
    allowed: `{ kind: … } with one of ${kinds}`,
  });

const timeouts = z
  .strictObject({
    headers: timeLimit('How long this source may take until the headers of an answer are here.').prefault('10s'),
    idle: timeLimit('How long this source may be silent in the middle of an answer.').prefault('30s'),
  })
  .register(notes, { about: 'Patience with this source.', allowed: '{ headers, idle }' })
  .transform(({ headers, idle }) => ({ headersMs: headers, idleMs: idle }));

export const sourceSchema = z
  .strictObject({
    name: text('The name of the source, as feeds, logs and `X-Larder-Source` call it.', nameAllowed, namePattern),
    url: sourceAddress(
      'The address of its V3 service index, or a folder of packages: a path, seen from the working directory, or a `file://` address.',
    ),
    protocol: choice('The protocol it speaks. `auto`: `folder` when its `url` is a folder, else V3 in this version.', [
      'auto',
      'v3',
      'folder',
    ]).prefault('auto'),
    packages: z
      .array(
        text(
          'The ids that this source may serve, as in Package Source Mapping: an id, a prefix that ends in `*`, or `*`. The longest pattern over all configured sources wins; other sources are not asked for such an id.',
          'a package id, a `prefix*` or `*`',
          idPattern,
        ),
      )
      .min(1)
      .prefault(['*']),
    auth: auth.prefault({ kind: 'none' }),
    proxy: rotatingProxy(
      'The proxy on the way to this source. `none`: no proxy. Without it `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of the environment count, except for sources on this machine.',
    ).optional(),
    ca: rotatingCertificates('Certificates of authorities to trust at this source beside the public ones.').optional(),
    timeouts: timeouts.prefault({}),
    maxConcurrent: count(
      'Requests to this source at one time, over all hosts that it names; more wait their turn. A quarter of them, and at least two, are not for packages, so that lists never wait for downloads.',
      { atLeast: 1, atMost: 1024 },
    ).prefault(32),
    maxRequestsPerSecond: count(
      'Requests to this source in one second, for servers that limit them; more wait their turn. Without it, as many as come.',
      { atLeast: 1, atMost: 100_000 },
    ).optional(),
  })
  .register(notes, { about: 'An origin of packages.', allowed: '{ name, url, … }' })
  .transform(({ protocol, ...source }) => ({ ...source, protocol: isFolder(source.url) ? 'folder' : protocol }));

export type SourceConfig = z.output<typeof sourceSchema>;
/** How to sign in at a source. Holds secrets in the clear: never log it. */
export type SourceAuth = SourceConfig['auth'];
