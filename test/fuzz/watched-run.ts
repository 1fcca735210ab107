import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlacedTarget } from './all-targets.js';
import type { Figures } from './figures.js';
import type { Finding } from './finding.js';
import { readJournal } from './journal.js';
import type { WorkerMessage, WorkerOrder } from './worker.js';

export interface RunOptions {
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  /** Longer than this no input may take. */
  readonly hangMs: number;
}

export interface WatchedRun {
  readonly figures: Figures;
  readonly findings: readonly Finding[];
}

const lookEveryMs = 250;
const maxProcesses = 4;

/** Runs a target in processes of its own: an input on which one hangs, dies or runs out of memory is a finding, and the next goes on. */
export async function runWatched(placed: PlacedTarget, options: RunOptions): Promise<WatchedRun> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-fuzz-'));
  try {
    const findings: Finding[] = [];
    let done: Figures | undefined;
    let inputs = 0;
    for (let process = 0; process < maxProcesses; process++) {
      const seed = options.seed + process;
      const journal = join(folder, String(process));
      const worker = await runWorker(placed, { ...options, seed, inputs: options.inputs - inputs }, journal);
      findings.push(...worker.findings);
      done = add(done, worker.figures);
      inputs += worker.figures.inputs;
      if (worker.isOver || inputs >= options.inputs) break;
    }
    if (done === undefined) throw new Error('no process ran');
    return { figures: { ...done, findings: findings.length }, findings };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runWorker(
  { target, file }: PlacedTarget,
  { hangMs, ...options }: RunOptions,
  journal: string,
): Promise<WatchedRun & { readonly isOver: boolean }> {
  const order: WorkerOrder = { ...options, file, target: target.name, journal };
  const startedAtMs = performance.now();
  const child = fork(join(import.meta.dirname, 'worker.js'), [JSON.stringify(order)], {
    execArgv: ['--max-old-space-size=256', '--expose-gc', '--enable-source-maps'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (lastWords = (lastWords + text).slice(-4000)));
  const findings: Finding[] = [];
  let figures: Figures | undefined;
  child.on('message', (message: WorkerMessage) => {
    if ('figures' in message) figures = message.figures;
    else findings.push({ ...message.finding, input: Buffer.from(message.finding.input, 'base64') });
  });

  let beat = -1;
  let beatSinceMs = performance.now();
  let isHung = false;
  const looking = setInterval(() => {
    // Before the first input it waits for the process to start.
    const now = journalAt(journal)?.beat ?? -1;
    if (now !== beat || now < 0 || figures) [beat, beatSinceMs] = [now, performance.now()];
    else if (performance.now() - beatSinceMs > hangMs) {
      isHung = true;
      child.kill('SIGKILL');
    }
  }, lookEveryMs);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  clearInterval(looking);
  if (figures) return { figures, findings, isOver: true };

  const last = journalAt(journal);
  if (last === undefined) throw new Error(`the process of ${target.name} did not start: ${lastWords}`);
  const kind = isHung ? 'hang' : /heap out of memory/.test(lastWords) ? 'memory' : 'crash';
  const key = isHung ? `over ${hangMs} ms` : `ended with ${code ?? signal}`;
  findings.push({ target: target.name, kind, key, detail: lastWords, input: Buffer.from(last.input) });
  const seconds = (performance.now() - startedAtMs) / 1000;
  const slowestMs = isHung ? hangMs : 0;
  return {
    figures: { ...nothing, target: target.name, inputs: last.place + 1, seconds, slowestMs },
    findings,
    isOver: false,
  };
}

function journalAt(path: string): ReturnType<typeof readJournal> {
  try {
    return readJournal(path);
  } catch {
    // The process has not come to its first input yet.
    return undefined;
  }
}

const nothing = { longestBlockMs: 0, peakMB: 0, heapGrowthMB: 0, outcomes: 0, findings: 0 };

function add(a: Figures | undefined, b: Figures): Figures {
  if (a === undefined) return b;
  return {
    target: b.target,
    inputs: a.inputs + b.inputs,
    seconds: a.seconds + b.seconds,
    slowestMs: Math.max(a.slowestMs, b.slowestMs),
    longestBlockMs: Math.max(a.longestBlockMs, b.longestBlockMs),
    peakMB: Math.max(a.peakMB, b.peakMB),
    heapGrowthMB: Math.max(a.heapGrowthMB, b.heapGrowthMB),
    outcomes: Math.max(a.outcomes, b.outcomes),
    findings: a.findings + b.findings,
  };
}
