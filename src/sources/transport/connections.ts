import { Agent } from 'undici';
import type { Deadlines } from './connection-failure.js';
import type { CredentialScope } from './credential-scope.js';
import type { ClientCertificate } from './credentials.js';
import { isLoopback, throughEnvironment, throughProxy } from './proxy.js';
import type { ProxyEnvironment, Way } from './proxy.js';
import { lookAt, textOf } from './secret.js';
import type { Secret } from './secret.js';
import { trustOf } from './trust.js';

export interface ConnectionOptions {
  /** Requests to the source at a time, over all its hosts; what is more waits. */
  readonly maxConcurrent: number;
  readonly timeouts: Deadlines;
  /** The address of the proxy, which may hold user and password, or `none`. Absent, `proxies` count. */
  readonly proxy?: Secret;
  /** What the environment says. */
  readonly proxies?: ProxyEnvironment;
  /** Authorities to trust beside the public ones, in PEM. */
  readonly ca?: Secret;
  /** Told when a replaced certificate or authority cannot be used: the last good ones stay. */
  readonly onTrouble?: (problem: string) => void;
}

/** Ways made with the same texts. */
interface Generation {
  /** The texts that they were made from, joined. */
  readonly made: string;
  readonly ways: Map<string, Way>;
  readonly wayTo: (url: URL) => Way;
}

/**
 * Kept-alive connections of one source. Never shared between sources: their limits, proxies and certificates differ. They are made anew
 * when a certificate, an authority or the proxy is replaced; what runs on the old ones ends there.
 */
export class Connections {
  readonly #changing: readonly Secret[];
  /** When a connection to an origin was made last, where that is seen. */
  readonly #connectedAtMs = new Map<string, number>();
  #current: Generation;
  #unusable: string | undefined;

  /** @throws Error when a certificate cannot be read */
  constructor(
    private readonly options: ConnectionOptions,
    private readonly scope: CredentialScope,
    private readonly certificate: ClientCertificate | undefined,
  ) {
    const { proxy, ca } = options;
    const { cert, key, passphrase } = certificate ?? {};
    this.#changing = [proxy, ca, cert, key, passphrase].filter((secret) => secret !== undefined);
    this.#current = this.#generation();
  }

  wayTo(url: URL): Way {
    return this.#current.wayTo(url);
  }

  /** Whether what was asked of this origin since then went over a connection that was there before. */
  wasOld(url: URL, sinceMs: number): boolean {
    const connectedAtMs = this.#connectedAtMs.get(url.origin);
    return connectedAtMs !== undefined && connectedAtMs < sinceMs;
  }

  /** Uses new connections from now on; what runs on the old ones ends there. */
  renew(): void {
    this.#replace(this.#generation());
  }

  #replace(next: Generation): void {
    const before = this.#current;
    this.#current = next;
    for (const { dispatcher } of before.ways.values()) dispatcher.close().catch(() => undefined);
  }

  /** Finds out whether something was replaced. @param isUrgent at once, and not only every few seconds. @returns whether the ways are new */
  async look(isUrgent = false): Promise<boolean> {
    await lookAt(this.#changing, isUrgent);
    const made = this.#texts();
    if (made === this.#current.made || made === this.#unusable) return false;
    try {
      this.#replace(this.#generation());
      this.#unusable = undefined;
      return true;
    } catch {
      // Certificate and key are replaced one after the other: the next look may find both.
      this.#unusable = made;
      this.options.onTrouble?.('the replaced client certificate, its key or the authority cannot be used together');
      return false;
    }
  }

  /** Lets go of all; whatever is still being read breaks off. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#current.ways.values()].map(({ dispatcher }) => dispatcher.destroy()));
  }

  #texts(): string {
    return JSON.stringify(this.#changing.map(textOf));
  }

  #generation(): Generation {
    const { proxy, proxies, ca, timeouts, maxConcurrent } = this.options;
    const plain = trustOf(ca, undefined);
    const own = this.certificate ? trustOf(ca, this.certificate) : plain;
    const explicit = proxy === undefined ? undefined : textOf(proxy);
    const ways = new Map<string, Way>();
    const tls = (secureContext: typeof plain) => ({
      timeout: timeouts.headersMs,
      ...(secureContext && { secureContext }),
    });
    const pool: Agent.Options = {
      connections: maxConcurrent,
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.idleMs,
      keepAliveTimeout: 15_000,
      maxHeaderSize: 65_536,
    };
    const make = (isOwn: boolean, isDirect: boolean): Way => {
      const toSource = tls(isOwn ? own : plain);
      const through = { pool, toProxy: tls(plain), toSource };
      if (explicit !== undefined && explicit !== 'none') return throughProxy(explicit, through);
      if (explicit === undefined && proxies !== undefined && !isDirect) return throughEnvironment(proxies, through);
      const agent = new Agent({ ...pool, connect: toSource });
      agent.on('connect', ({ origin }) => this.#connectedAtMs.set(origin, performance.now()));
      return { dispatcher: agent, proxyOf: () => undefined };
    };
    const wayTo = (url: URL) => {
      // Connections that show a certificate are apart from those to anywhere else.
      const isOwn = this.certificate !== undefined && this.scope.coversConnection(url);
      const isDirect = isLoopback(url);
      const name = `${isOwn ? 'own' : 'any'} ${isDirect ? 'here' : 'there'}`;
      let way = ways.get(name);
      if (way === undefined) ways.set(name, (way = make(isOwn, isDirect)));
      return way;
    };
    return { made: this.#texts(), ways, wayTo };
  }
}
