import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Agent } from 'undici';
import { startDelayProxy } from '../support/delay-proxy.js';
import { certificateText } from '../support/tls-server.js';
import { roundTripMs } from './world/far.js';
import { worldShape } from './world/world-shape.js';
import type { WorldPackage } from './world/world-shape.js';

/*
 * By hand: `node build/test/bench/http2.js [rounds, 5]`. What a cold store asks a TLS source far away for one restore (list, then the package
 * and beside it the two documents that lead to its hash), by HTTP/1.1 with more or fewer connections and by HTTP/2. Prints the time of each.
 */
const megabyte = 1_000_000;
const mostFailures = 1_000;
const { packages, references } = worldShape('medium');
const byId = new Map(packages.map((one) => [one.id, one]));

if (process.argv[2] === 'serve') await serve();
else await measure(Number(process.argv[2] ?? 5));

/** In a process of its own. Says its port to the one that started it. */
async function serve(): Promise<void> {
  const bytes = Buffer.alloc(50 * megabyte, 1);
  const options = { key: certificateText('server.key'), cert: certificateText('server.pem'), allowHTTP1: true };
  const server = createSecureServer(
    { ...options, maxSessionMemory: 1000, settings: { maxConcurrentStreams: 128 } },
    (request, response) => {
      const size = Number(new URL(request.url, 'https://localhost').searchParams.get('size'));
      response.writeHead(200, { 'content-length': size });
      response.end(bytes.subarray(0, size));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startDelayProxy({ port: (server.address() as AddressInfo).port, roundTripMs });
  process.on('disconnect', () => process.exit());
  process.send?.(proxy.port);
}

async function measure(rounds: number): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  const [port] = (await once(child, 'message')) as [number];
  const tls = { connect: { ca: certificateText('authority.pem') } };
  const wide = { initialWindowSize: 16 * megabyte, connectionWindowSize: 64 * megabyte };
  const ways: Readonly<Record<string, () => Agent>> = {
    'HTTP/1.1, 32 connections': () => new Agent({ ...tls, connections: 32 }),
    'HTTP/1.1, 64 connections': () => new Agent({ ...tls, connections: 64 }),
    'HTTP/1.1, 128 connections': () => new Agent({ ...tls, connections: 128 }),
    'HTTP/2, 1 connection': () => new Agent({ ...tls, connections: 1, allowH2: true, pipelining: 100 }),
    'HTTP/2, 1 connection, wide windows': () =>
      new Agent({ ...tls, ...wide, connections: 1, allowH2: true, pipelining: 100 }),
    'HTTP/2, 4 connections, wide windows': () =>
      new Agent({ ...tls, ...wide, connections: 4, allowH2: true, pipelining: 100 }),
  };
  for (let round = 0; round < rounds; round++)
    for (const [name, way] of Object.entries(ways)) {
      const agent = way();
      const cpuBefore = process.cpuUsage();
      const beganAtMs = performance.now();
      const failures = await walk(agent, `https://localhost:${port}`);
      const { user, system } = process.cpuUsage(cpuBefore);
      const [tookMs, cpuMs] = [performance.now() - beganAtMs, (user + system) / 1000];
      const numbers = [tookMs, cpuMs].map((one) => `${one.toFixed(0).padStart(6)} ms`);
      console.log(`${name.padEnd(36)} ${numbers.join(', CPU ')}, asked again ${failures} times`);
      await agent.close();
    }
  child.disconnect();
}

/** Each package when its list is there, and what it depends on when it is. @returns how often something had to be asked again */
async function walk(agent: Agent, origin: string): Promise<number> {
  let failures = 0;
  const get = async (path: string, size: number): Promise<void> => {
    try {
      const { body } = await agent.request({ origin, path: `/${path}?size=${size}`, method: 'GET' });
      await body.dump({ limit: Number.POSITIVE_INFINITY });
    } catch (error) {
      if (++failures > mostFailures) throw error;
      await get(path, size);
    }
  };
  const visited = new Set<string>();
  const visit = async ({ id, fillerBytes, dependencies }: WorldPackage): Promise<void> => {
    if (visited.has(id)) return;
    visited.add(id);
    await get('list', 400);
    await Promise.all([get('package', fillerBytes), get('leaf', 700).then(() => get('details', 900))]);
    await Promise.all(
      Object.keys(dependencies)
        .flatMap((other) => byId.get(other) ?? [])
        .map(visit),
    );
  };
  await Promise.all(references.map(visit));
  return failures;
}
