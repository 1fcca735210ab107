import type { Config } from './schema.js';

/** Every secret that the configuration holds, in the clear, so that the log can strike them out. */
export function secretsOf(config: Config): string[] {
  const ofSources = config.sources.flatMap(({ auth }) => {
    switch (auth.kind) {
      case 'none':
        return [];
      case 'basic':
        // As it travels in `Authorization: Basic`, too.
        return [auth.password, `${auth.username}:${auth.password}`];
      case 'bearer':
        return [auth.token];
      case 'apiKey':
        return [auth.key];
    }
  });
  const ofClients = config.access.keys.map(({ key }) => key);
  return [...ofSources, ...ofClients, ...(config.listen.tls ? [config.listen.tls.key] : [])];
}
