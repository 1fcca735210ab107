import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';

/** How it answers. */
export type Mood = 'well' | 'closed' | 'silent' | 'slow' | '503';

const slowMs = 5_000;

interface Recorded {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/**
 * A public registry as it looks from here, on loopback: what was asked once is answered from memory from then on, by whatever mood it is in.
 * Its own addresses take the place of the registry's in every document.
 */
export class RecordedRegistry {
  /** Paths asked, in order. */
  readonly requests: string[] = [];
  #mood: Mood = 'well';
  #server: Server | undefined;
  #port = 0;
  readonly #recorded = new Map<string, Promise<Recorded>>();
  readonly #agent = new Agent({ connections: 16 });

  /** @param origin of the registry, without trailing slash */
  constructor(private readonly origin: string) {}

  get ownOrigin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async become(mood: Mood): Promise<void> {
    this.#mood = mood;
    if (mood === 'closed') await this.#close();
    else if (this.#server === undefined) await this.#open();
  }

  async end(): Promise<void> {
    await this.#close();
    await this.#agent.destroy();
  }

  async #open(): Promise<void> {
    const server = createServer((request, response) => {
      const path = request.url ?? '/';
      this.requests.push(path);
      if (this.#mood === 'silent') return;
      if (this.#mood === '503') response.writeHead(503).end();
      else if (this.#mood === 'slow') setTimeout(() => void this.#answer(path, response), slowMs).unref();
      else void this.#answer(path, response);
    });
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async #answer(path: string, response: ServerResponse): Promise<void> {
    let recorded = this.#recorded.get(path);
    if (recorded === undefined) this.#recorded.set(path, (recorded = this.#record(path)));
    try {
      const { status, headers, body } = await recorded;
      response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
    } catch {
      this.#recorded.delete(path);
      response.destroy();
    }
  }

  async #record(path: string): Promise<Recorded> {
    const response = await this.#agent.request({ origin: this.origin, path, method: 'GET' });
    const bytes = Buffer.from(await response.body.arrayBuffer());
    const type = String(response.headers['content-type'] ?? 'application/octet-stream');
    const body = type.includes('json')
      ? Buffer.from(bytes.toString().replaceAll(`${this.origin}/`, `${this.ownOrigin}/`))
      : bytes;
    return { status: response.statusCode, headers: { 'content-type': type }, body };
  }
}
