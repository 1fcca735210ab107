import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';

/** Whether `privateBytes` can tell (Linux). */
export const canMeasureMemory = existsSync('/proc/self/status');

/** The compiled command. */
export const mainScript = fileURLToPath(new URL('../../src/main.js', import.meta.url));

const [, variables = '', options = ''] =
  /^#!\/usr\/bin\/env -S ((?:\w+=\S+ )*)node (.*)$/m.exec(readFileSync(mainScript, 'utf8')) ?? [];

/** What its first line has node started with: the young generation is held small, because V8 lets it grow to 64 MB with 500 clients. */
export const nodeOptions: readonly string[] = options.split(' ');

/** What it sets besides. */
export const nodeEnvironment = parseEnv(variables.replaceAll(' ', '\n'));

/** A Larder in a process of its own, as a user starts it. */
export interface LarderProcess {
  /** `http://127.0.0.1:port/` */
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything printed so far. */
  readonly output: readonly string[];
  /** Private memory of the process in bytes (Linux). LevelDB maps its files, so the resident set says little. */
  privateBytes(): Promise<number>;
  /** SIGTERM. @returns the exit code */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/**
 * Starts `larder serve` on a free port and waits for the line that names the feed.
 * @throws with what it printed when it ends before
 */
export async function startLarderProcess(
  args: readonly string[],
  {
    cwd = process.cwd(),
    env = {},
    script = mainScript,
  }: { cwd?: string; env?: Readonly<Record<string, string>>; script?: string } = {},
): Promise<LarderProcess> {
  const child = spawn(process.execPath, [...nodeOptions, script, 'serve', '--port', '0', ...args], {
    cwd,
    env: { ...process.env, ...nodeEnvironment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const exited = once(child, 'exit');
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        output.push(line);
        const [, found] = /^Feed: (http\S+\/)v3\/index\.json$/.exec(line) ?? [];
        if (found !== undefined) resolve(found);
      });
    child.once('exit', (code) => reject(new Error(`larder ended with ${String(code)}:\n${output.join('\n')}`)));
    child.once('error', reject);
  });
  return {
    url,
    child,
    output,
    async privateBytes() {
      const status = await readFile(`/proc/${String(child.pid)}/status`, 'utf8');
      return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
      return child.exitCode;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
