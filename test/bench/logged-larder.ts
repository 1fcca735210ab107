import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodeEnvironment, nodeOptions } from '../support/larder-process.js';
import { shippedScript } from '../support/shipped-build.js';

/** A Larder in a process of its own whose log goes to a file, as that of a service does: nobody's reading slows it down. */
export interface LoggedLarder {
  /** `http://127.0.0.1:port`, without a slash. */
  readonly origin: string;
  readonly pid: number;
  /** Private memory in bytes: LevelDB maps its files, so the resident set says little. */
  privateBytes(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Starts `larder serve` with its defaults (a line in the log for every request, access checked) on a free port.
 * @param directory holds its store and its log
 * @param serviceIndex its one source
 * @throws with what it printed when it ends before it listens
 */
export async function startLoggedLarder(directory: string, serviceIndex: string): Promise<LoggedLarder> {
  const script = await shippedScript();
  const logFile = join(directory, 'larder.log');
  const log = await open(logFile, 'a');
  const place = ['--port', '0', '--data', join(directory, 'larder'), '--source', `origin=${serviceIndex}`];
  const child = spawn(process.execPath, [...nodeOptions, script, 'serve', ...place], {
    cwd: directory,
    // The defaults are measured, not what whoever measures has set for themselves.
    env: { PATH: process.env['PATH'], ...nodeEnvironment },
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  const exited = once(child, 'exit');
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  let origin: string | undefined;
  while (origin === undefined) {
    await Promise.race([sleep(20), exited]);
    const printed = await readFile(logFile, 'utf8');
    [, origin] = /^Feed: (http\S+)\/v3\/index\.json$/m.exec(printed) ?? [];
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`larder ended: ${printed}`);
  }
  const { pid } = child;
  if (pid === undefined) throw new Error('larder has no process');
  return {
    origin,
    pid,
    async privateBytes() {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
    },
    async close() {
      process.off('exit', endWithUs);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
    },
  };
}
