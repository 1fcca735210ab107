import { areCertificates, isProxyAddress } from '../config/leaf.js';
import type { Config, SourceConfig } from '../config/schema.js';
import { secretsOfPassword, secretsOfProxy } from '../config/secrets.js';
import type { Clock } from '../ops/clock.js';
import type { Logger } from '../ops/log.js';
import { RotatingText } from '../ops/rotating-text.js';
import type { ConnectionOptions } from '../sources/transport/connections.js';
import type { SourceAuth } from '../sources/transport/credentials.js';

/** How a source is reached, as its transport wants to know it. */
export interface SourceAccess extends Pick<ConnectionOptions, 'proxy' | 'proxies' | 'ca' | 'onTrouble'> {
  readonly auth: SourceAuth;
}

export interface AccessParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of every secret that takes the place of another, before it is used. */
  readonly onSecrets: (secrets: readonly string[]) => void;
}

type FileText = NonNullable<SourceConfig['ca']>;

/** Joins what is configured of a source's credentials, proxy and authorities to the files that it stands in. */
export function sourceAccess(source: SourceConfig, proxies: Config['proxies'], parts: AccessParts): SourceAccess {
  const onTrouble = (problem: string) =>
    parts.log.warn({ source: source.name }, `${problem}: the last good value is used on`);
  const rotating = (
    { text, file }: FileText,
    isUsable: (text: string) => boolean,
    secretsIn: (text: string) => readonly string[] = () => [],
  ) =>
    new RotatingText({
      text,
      ...(file !== undefined && { file }),
      clock: parts.clock,
      isUsable,
      onTrouble,
      onChange: (replaced) => {
        parts.onSecrets(secretsIn(replaced));
        parts.log.info({ source: source.name, file }, 'a file of this source was replaced and is used from now on');
      },
    });
  const own = (secret: string) => [secret];

  const { proxy, ca } = source;
  return {
    auth: liveAuth(source.auth),
    onTrouble,
    ...(proxy && { proxy: rotating(proxy, (text) => text === 'none' || isProxyAddress(text), secretsOfProxy) }),
    ...(proxies && { proxies }),
    ...(ca && { ca: rotating(ca, areCertificates) }),
  };

  function liveAuth(auth: SourceConfig['auth']): SourceAuth {
    switch (auth.kind) {
      case 'none':
        return auth;
      case 'basic':
        return {
          ...auth,
          password: rotating(auth.password, isOneLine, (password) => secretsOfPassword(auth.username, password)),
        };
      case 'bearer':
        return { ...auth, token: rotating(auth.token, isOneLine, own) };
      case 'apiKey':
        return { ...auth, key: rotating(auth.key, isOneLine, own) };
      case 'certificate': {
        const { passphrase, ...rest } = auth;
        return {
          ...rest,
          cert: rotating(auth.cert, areCertificates),
          key: rotating(auth.key, isPem, own),
          ...(passphrase && { passphrase: rotating(passphrase, isOneLine, own) }),
        };
      }
    }
  }
}

const isOneLine = (text: string) => /^[^\u0000-\u001f\u007f]+$/.test(text);
const isPem = (text: string) => /^-----BEGIN [^]*-----END /.test(text);
