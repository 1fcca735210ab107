import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findTool, whyMissing } from './missing-tool.js';
import { nginxConfiguration } from './nginx-configuration.js';

/** A running nginx with an empty cache in front of one source. */
export interface Nginx {
  /** `http://127.0.0.1:port`, without a slash. */
  readonly origin: string;
  /** The service index, under the path that the source has it at. */
  readonly url: string;
  /** The one worker: its time is in `/proc/PID/stat`. */
  readonly pid: number;
  /** Ends it and removes what it kept. */
  close(): Promise<void>;
}

export interface NginxOptions {
  /** Further origins that the source's documents name, where it is known under another address than the one it listens at. */
  readonly announced?: readonly string[];
}

const startTimeoutMs = 10_000;
/** Another process may take the port between our finding it free and nginx' taking it. */
const attempts = 3;

/** Why nginx cannot be a peer on this machine, in words for a row; `undefined` when it can. */
export function whyNoNginx(): Promise<string | undefined> {
  return process.platform === 'linux' ? whyMissing('nginx') : Promise.resolve('nginx is measured on Linux only');
}

/**
 * Starts nginx as a caching proxy (`nginx-configuration.ts`), in a directory of its own.
 * @param serviceIndex the source's service index: `http://127.0.0.1:5000/v3/index.json`
 * @throws with its error log when it does not come up, or when it is not installed (ask `whyNoNginx` first)
 */
export async function startNginx(serviceIndex: string, options: NginxOptions = {}): Promise<Nginx> {
  const program = await findTool('nginx');
  if (program === undefined) throw new Error(await whyMissing('nginx'));
  for (let attempt = 1; ; attempt++)
    try {
      return await start(program, new URL(serviceIndex), options);
    } catch (error) {
      if (attempt === attempts) throw error;
    }
}

async function start(program: string, source: URL, { announced = [] }: NginxOptions): Promise<Nginx> {
  const directory = await mkdtemp(join(tmpdir(), 'larder-nginx-'));
  const port = await freePort();
  const configuration = nginxConfiguration({
    ...{ directory, port, upstream: source.host, announced: [source.origin, ...announced] },
    user: process.getuid?.() === 0 ? 'root' : undefined,
  });
  await writeFile(join(directory, 'nginx.conf'), configuration);
  const child = spawn(program, ['-p', directory, '-c', join(directory, 'nginx.conf')], { stdio: 'ignore' });
  const endWithUs = () => child.kill('SIGTERM');
  process.once('exit', endWithUs);
  const close = async () => {
    process.off('exit', endWithUs);
    await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await untilListening(child, port);
    const pid = await workerOf(child);
    const origin = `http://127.0.0.1:${port}`;
    return { origin, url: `${origin}${source.pathname}`, pid, close };
  } catch (error) {
    const told = await readFile(join(directory, 'error.log'), 'utf8').catch(() => 'no error log');
    await close();
    throw new Error(`nginx did not come up: ${told}`, { cause: error });
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  const deadlineMs = performance.now() + startTimeoutMs;
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  child.once('exit', (code) => (failure ??= new Error(`nginx ended with ${String(code)}`)));
  while (!(await accepts(port))) {
    if (failure !== undefined) throw failure;
    if (performance.now() > deadlineMs) throw new Error(`nginx did not listen within ${startTimeoutMs} ms`);
    await sleep(20);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** The worker among the children of the master, which also has those that look after the cache. */
async function workerOf({ pid: master }: ChildProcess): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // Processes come and go while they are listed.
    const [stat, commandLine] = await Promise.all(
      ['stat', 'cmdline'].map((file) => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')),
    );
    const [, parent] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    if (Number(parent) === master && commandLine?.startsWith('nginx: worker process')) return Number(name);
  }
  throw new Error('nginx has no worker');
}
