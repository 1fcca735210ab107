import { EnvHttpProxyAgent, Pool, ProxyAgent } from 'undici';
import type { Agent, Dispatcher, buildConnector } from 'undici';
import { isTlsFailure } from './connection-failure.js';
import { unescaped } from './credentials.js';
import { ProxyFailureError, proxyStatusOf } from './proxy-failure.js';

/** The proxies that the environment names (`HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`). */
export interface ProxyEnvironment {
  readonly httpProxy?: string;
  readonly httpsProxy?: string;
  readonly noProxy?: string;
}

export type Tls = buildConnector.BuildOptions;

/** What every way has, and how TLS is spoken to the proxy and to the source behind it. */
export interface ProxyOptions {
  readonly pool: Agent.Options;
  readonly toProxy: Tls;
  readonly toSource: Tls;
}

/** A way to sources, and whose proxy is on it. */
export interface Way {
  readonly dispatcher: Dispatcher;
  /** The proxy for an address, without user info, should one be used; `undefined` where there is none. */
  proxyOf(url: URL): string | undefined;
}

/** The way through one proxy for everything. @param address may hold user and password */
export function throughProxy(address: string, options: ProxyOptions): Way {
  const { origin, username, password } = new URL(address);
  const pair = Buffer.from(`${unescaped(username)}:${unescaped(password)}`).toString('base64');
  const proxyOf = () => origin;
  const dispatcher = new ProxyAgent({
    ...options.pool,
    ...agentOptions(proxyOf, options),
    uri: origin,
    ...((username !== '' || password !== '') && { token: `Basic ${pair}` }),
  });
  return { dispatcher, proxyOf };
}

/** The way that the environment wants for each address. */
export function throughEnvironment(environment: ProxyEnvironment, options: ProxyOptions): Way {
  const { httpProxy = '', httpsProxy = '', noProxy = '' } = environment;
  const proxyOf = ({ protocol }: URL) => {
    const address = protocol === 'https:' && httpsProxy !== '' ? httpsProxy : httpProxy;
    return address === '' ? undefined : new URL(address).origin;
  };
  const dispatcher = new EnvHttpProxyAgent({
    ...options.pool,
    ...agentOptions(proxyOf, options),
    // Always given, so that the agent does not read the environment itself.
    httpProxy,
    httpsProxy,
    noProxy,
  });
  return { dispatcher, proxyOf };
}

/** Whether an address is on this machine: the environment's proxies are not meant for it. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}

type Connect = (options: buildConnector.Options, callback: buildConnector.Callback) => void;

/** Plain http goes through a plain proxy as it is, without a tunnel: many proxies allow tunnels to port 443 only. */
function agentOptions(proxyOf: Way['proxyOf'], { pool, toProxy, toSource }: ProxyOptions) {
  const connectOf = (options: object) => (options as { connect?: Connect }).connect;
  return {
    proxyTunnel: false,
    proxyTls: toProxy,
    requestTls: toSource,
    /** Connections to the proxy, for tunnels. */
    clientFactory: ({ origin }: URL, options: object) => {
      const connect = connectOf(options);
      return new Pool(origin, {
        ...pool,
        ...options,
        connections: null,
        connect: connect ? telling(origin, connect, () => false) : toProxy,
      });
    },
    /** Connections to the source through a tunnel, to the proxy for plain http, or directly: those without `connect`. */
    factory: (given: string | URL, options: object) => {
      const url = new URL(given);
      const connect = connectOf(options);
      const proxy = proxyOf(url);
      return new Pool(url.origin, {
        ...pool,
        ...options,
        connect: connect !== undefined && proxy !== undefined ? telling(proxy, connect, isTlsFailure) : toSource,
      });
    },
  };
}

/** Connects as `connect` does and tells which failures are the proxy's. */
function telling(proxy: string, connect: Connect, isOfSource: (error: Error) => boolean): Connect {
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else if (error instanceof ProxyFailureError || isOfSource(error)) callback(error, null);
      else callback(new ProxyFailureError(proxy, proxyStatusOf(error), error), null);
    });
}
