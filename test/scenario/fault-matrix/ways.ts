import type { GateCertificate } from '../../support/tls-gate.js';
import type { MatrixFault } from './fault.js';
import type { World } from './world.js';

const certificate = (name: string, shown: GateCertificate): MatrixFault => ({
  ...{ name, way: 'tls' },
  begin: ({ cells }) => cells.forEach(({ gate }) => gate?.show(shown)),
  end: ({ cells }) => cells.forEach(({ gate }) => gate?.show('server')),
});

const proxy = (name: string, script: World['proxy']): MatrixFault => ({
  ...{ name, way: 'proxied' },
  begin: (world) => Object.assign(world.proxy, script),
  end: (world) => Object.keys(script).forEach((key) => delete world.proxy[key as keyof World['proxy']]),
});

/** What goes wrong on the way to a source: TLS and proxies. */
export const wayFaults: readonly MatrixFault[] = [
  certificate('a certificate of another name', 'elsewhere'),
  certificate('a certificate that signed itself', 'selfsigned'),
  certificate('a certificate that has expired', 'expired'),
  {
    ...{ name: 'a TLS handshake that is cut', way: 'tls' },
    begin: ({ cells }) => cells.forEach(({ gate }) => gate?.cut(true)),
    end: ({ cells }) => cells.forEach(({ gate }) => gate?.cut(false)),
  },
  proxy('a proxy that refuses', { status: 403 }),
  proxy('a proxy that wants credentials', { wants: 'Basic c29tZW9uZTplbHNl' }),
  proxy('a proxy that cuts', { isCut: true }),
  proxy('a proxy that is silent', { isSilent: true }),
];
