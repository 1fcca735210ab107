import { isProxyAddress } from './leaf.js';
import type { Config, SourceConfig } from './schema.js';

/** Every secret that the configuration holds, in the clear, so that the log can strike them out. */
export function secretsOf(config: Config): string[] {
  const ofSources = config.sources.flatMap(({ auth, proxy }) => [
    ...secretsOfAuth(auth),
    ...secretsOfProxy(proxy?.text),
  ]);
  const ofEnvironment = [config.proxies?.httpProxy, config.proxies?.httpsProxy].flatMap(secretsOfProxy);
  const ofClients = config.access.keys.map(({ key }) => key);
  return [...ofSources, ...ofEnvironment, ...ofClients, ...(config.listen.tls ? [config.listen.tls.key] : [])];
}

function secretsOfAuth(auth: SourceConfig['auth']): string[] {
  switch (auth.kind) {
    case 'none':
      return [];
    case 'basic':
      return secretsOfPassword(auth.username, auth.password.text);
    case 'bearer':
      return [auth.token.text];
    case 'apiKey':
      return [auth.key.text];
    case 'certificate':
      return [auth.key.text, ...(auth.passphrase ? [auth.passphrase.text] : [])];
  }
}

/** As it is, and as it travels in `Authorization: Basic`. */
export const secretsOfPassword = (username: string, password: string) => [password, `${username}:${password}`];

/** The password in a proxy's address, as it stands there and as it travels. */
export function secretsOfProxy(address: string | undefined): string[] {
  if (address === undefined || !isProxyAddress(address)) return [];
  const { username, password } = new URL(address);
  if (password === '') return [];
  const plain = decodeURIComponent(password);
  return [...new Set([password, ...secretsOfPassword(decodeURIComponent(username), plain)])];
}
