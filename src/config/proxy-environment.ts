import type { Environment } from './environment-layer.js';
import { isProxyAddress } from './leaf.js';
import type { Mistake } from './mistake.js';

/** The proxies that the environment names, as curl, npm and .NET read them. Addresses may hold a user and a password: never log them. */
export interface ProxyEnvironment {
  /** For `http://` addresses. */
  readonly httpProxy?: string;
  /** For `https://` addresses. */
  readonly httpsProxy?: string;
  /** Hosts that are asked directly, as written. */
  readonly noProxy?: string;
}

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in lower case first; an empty one counts as said. An address without a scheme is one
 * of an `http://` proxy.
 */
export function readProxyEnvironment(environment: Environment, mistakes: Mistake[]): ProxyEnvironment | undefined {
  const address = (name: string) => {
    const [spelling, written] = readVariable(environment, name);
    if (written === undefined || written === '') return undefined;
    const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`;
    if (isProxyAddress(full)) return full;
    mistakes.push({
      path: spelling,
      problem: 'its value is not the address of a proxy',
      allowed: 'an address that begins with http:// or https://; or `proxy: none` at every source',
      origin: { layer: 'environment', text: `env ${spelling}` },
    });
    return undefined;
  };
  const httpProxy = address('http_proxy');
  const httpsProxy = address('https_proxy');
  if (httpProxy === undefined && httpsProxy === undefined) return undefined;
  const [, noProxy] = readVariable(environment, 'no_proxy');
  return {
    ...(httpProxy !== undefined && { httpProxy }),
    ...(httpsProxy !== undefined && { httpsProxy }),
    ...(noProxy !== undefined && { noProxy }),
  };
}

function readVariable(environment: Environment, name: string): [spelling: string, value: string | undefined] {
  const spelling = environment[name] === undefined ? name.toUpperCase() : name;
  return [spelling, environment[spelling]];
}
