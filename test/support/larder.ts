import type { ExecutionContext } from 'ava';
import { Agent } from 'undici';

import { serve } from '../../src/compose.js';
import type { Parts, Serving } from '../../src/compose.js';
import { configSchema } from '../../src/config/schema.js';
import type { Clock } from '../../src/ops/clock.js';
import { systemClock } from '../../src/ops/clock.js';
import { silentLog } from '../../src/ops/log.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import type { ScriptedSource } from './scripted-source.js';

/** A clock that stands still until it is told to move. Sleeping takes real time: it only bounds waits. */
export class ManualClock implements Clock {
  #nowMs = Date.parse('2030-01-02T03:04:05Z');
  #elapsedMs = 0;
  readonly sleep: Clock['sleep'] = (ms, signal) => systemClock.sleep(ms, signal);
  readonly later: Clock['later'] = (ms, run) => systemClock.later(ms, run);
  now(): number {
    return this.#nowMs;
  }
  monotonicMs(): number {
    return this.#elapsedMs;
  }
  advance(ms: number): void {
    this.#nowMs += ms;
    this.#elapsedMs += ms;
  }
  /** Somebody sets the wall clock; no time passes. */
  jump(ms: number): void {
    this.#nowMs += ms;
  }
}

export interface Reply {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  text(): string;
  json<T = Record<string, unknown>>(): T;
}

/** A Larder in this process, on a free port, with the memory store unless another is given. */
export interface LarderUnderTest extends Serving {
  /** @param path below the root, without leading slash; sent as it stands */
  get(
    path: string,
    headers?: Readonly<Record<string, string>>,
    method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE',
  ): Promise<Reply>;
}

export interface LarderOptions extends Parts {
  readonly sources: Readonly<Record<string, ScriptedSource | string>>;
  /** More of the configuration, as in the file. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** More settings of each source, as in the file. */
  readonly source?: Readonly<Record<string, unknown>>;
  /** More settings of some sources, by name. */
  readonly sourceSettings?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Starts it and stops it at the end of the test. It fetches nothing ahead unless `config.prefetch` says so: most tests count requests. It has
 * more patience than usual, so that a busy machine does not make a source slow.
 */
export async function startLarder(
  t: ExecutionContext,
  { sources, config = {}, source = {}, sourceSettings = {}, ...parts }: LarderOptions,
): Promise<LarderUnderTest> {
  const settings = configSchema.parse({
    listen: { port: 0 },
    shutdownGrace: '2s',
    ...config,
    // Tests count requests: what the catalog asks for comes when a test wants it.
    freshness: { catalog: 'off', ...(config['freshness'] as object | undefined) },
    prefetch: { closure: false, ...(config['prefetch'] as object | undefined) },
    sources: Object.entries(sources).map(([name, at]) => ({
      name,
      url: typeof at === 'string' ? at : at.url,
      timeouts: { headers: '1s', idle: '1s' },
      ...source,
      ...sourceSettings[name],
    })),
  });
  const serving = await serve(settings, '0.0.0-test', {
    log: silentLog,
    patience: { leastRefreshMs: 500, publishedHashMs: 5_000 },
    ...parts,
    store: parts.store ?? new MemoryStore(),
  });
  t.teardown(() => serving.shutdown());
  return { ...serving, get: getter(t, serving.url) };
}

/** Asks one server, without following or decoding anything. */
export function getter(t: ExecutionContext, url: string): LarderUnderTest['get'] {
  const dispatcher = new Agent({ connections: 64 });
  t.teardown(() => dispatcher.destroy());
  return async (path, headers = {}, method = 'GET') => {
    const response = await dispatcher.request({ origin: new URL(url).origin, path: `/${path}`, method, headers });
    const body = Buffer.from(await response.body.arrayBuffer());
    return {
      status: response.statusCode,
      reason: response.statusText,
      headers: response.headers,
      body,
      text: () => body.toString(),
      json: <T>() => JSON.parse(body.toString()) as T,
    };
  };
}
