import { setImmediate as nextTurn } from 'node:timers/promises';
import { loadTargets } from './all-targets.js';
import { readCorpus } from './corpus.js';
import type { Figures } from './figures.js';
import { keyOfError } from './finding.js';
import type { Finding } from './finding.js';
import { JournalWriter } from './journal.js';
import { longestHoldMs } from './loop-hold.js';
import { minimise } from './minimise.js';
import { Session } from './session.js';
import type { Target } from './target.js';

/** What a worker is told, as JSON in its only argument. */
export interface WorkerOrder {
  readonly file: string;
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  readonly journal: string;
}

/** What a worker tells: findings as they come (bytes in base64), then its figures. */
export type WorkerMessage =
  { readonly finding: Omit<Finding, 'input'> & { readonly input: string } } | { readonly figures: Figures };

const turnEvery = 64;
const maxFindings = 20;
const defaultMaxHoldMs = 50;
const maxRssBytes = 900 * 2 ** 20;
const maxGrowthBytes = 64 * 2 ** 20;
const maxTimedBytes = 2 ** 20;

const order = JSON.parse(process.argv[2] ?? '{}') as WorkerOrder;
const { target } = (await loadTargets(order.file)).find(({ target }) => target.name === order.target) ?? {};
if (target === undefined) throw new Error(`no target ${order.target} in ${order.file}`);
const told = new Set<string>();
const journal = new JournalWriter(order.journal);
const rejections: unknown[] = [];
// Nobody is left to tell.
process.once('disconnect', () => process.exit());
process.on('unhandledRejection', (reason) => rejections.push(reason));
await work(target);
journal.close();
process.disconnect?.();

async function work(target: Target): Promise<void> {
  const session = new Session(target, readCorpus(target.name), order.seed);
  const startedAtMs = performance.now();
  let slowestMs = 0;
  let longestBlockMs = 0;
  let earlyHeapBytes: number | undefined;
  let inputs = 0;
  let recent: Buffer[] = [];
  for (; inputs < order.inputs && told.size < maxFindings; inputs++) {
    if (inputs % turnEvery === 0) {
      await nextTurn();
      if (rejections.length > 0) await blame(target, recent);
      recent = [];
      if (performance.now() - startedAtMs > order.seconds * 1000) break;
    }
    const input = session.next();
    recent.push(input);
    journal.write(inputs, input);
    const beforeMs = performance.now();
    try {
      const outcome = target.run(input);
      session.fared(input, typeof outcome === 'string' ? outcome : await outcome);
    } catch (error) {
      await tellError(target, inputs, input, error);
    }
    const tookMs = performance.now() - beforeMs;
    if (tookMs > slowestMs) slowestMs = tookMs;
    const maxHoldMs = target.maxHoldMs ?? defaultMaxHoldMs;
    if (tookMs > Math.max(defaultMaxHoldMs, longestBlockMs) && input.length <= maxTimedBytes) {
      const holdMs = await longestHoldMs(() => {
        journal.write(inputs, input);
        return target.run(input);
      });
      longestBlockMs = Math.max(longestBlockMs, holdMs);
      if (holdMs > maxHoldMs) tell('slow', `over ${maxHoldMs} ms`, `holds the loop for ${holdMs.toFixed(0)} ms`, input);
    }
    if (inputs % turnEvery === 0 && process.memoryUsage.rss() > maxRssBytes) {
      tell('memory', 'too much memory', `resident: ${process.memoryUsage.rss()} bytes`, input);
      break;
    }
    if (inputs === Math.floor(order.inputs / 10)) earlyHeapBytes = keptBytes();
  }
  await nextTurn();
  if (rejections.length > 0) await blame(target, recent);
  const seconds = (performance.now() - startedAtMs) / 1000;
  const growthBytes = earlyHeapBytes === undefined ? 0 : keptBytes() - earlyHeapBytes;
  if (growthBytes > maxGrowthBytes)
    tell('memory', 'keeps memory', `the heap grew by ${growthBytes} bytes over ${inputs} inputs`, Buffer.alloc(0));
  send({
    figures: {
      target: target.name,
      inputs,
      seconds,
      slowestMs,
      longestBlockMs,
      peakMB: process.resourceUsage().maxRSS / 1024,
      heapGrowthMB: growthBytes / 2 ** 20,
      outcomes: session.outcomes,
      findings: told.size,
    },
  });
}

async function tellError(target: Target, place: number, input: Buffer, error: unknown): Promise<void> {
  const key = keyOfError(error);
  if (told.has(`error ${key}`)) return;
  const smallest = await minimise(input, async (candidate) => {
    journal.write(place, candidate);
    try {
      await target.run(candidate);
      return false;
    } catch (again) {
      return keyOfError(again) === key;
    }
  });
  tell('error', key, error instanceof Error ? (error.stack ?? error.message) : String(error), smallest);
}

/** A promise that nobody waited for was rejected by one of the recent inputs: each is run once more, by itself. */
async function blame(target: Target, recent: readonly Buffer[]): Promise<void> {
  const [reason] = rejections.splice(0);
  let culprit: Buffer = Buffer.concat(recent).subarray(0, 65_536);
  for (const input of recent) {
    try {
      await target.run(input);
    } catch {
      // Told already.
    }
    await nextTurn();
    if (rejections.length === 0) continue;
    rejections.length = 0;
    culprit = input;
    break;
  }
  tell(
    'rejection',
    keyOfError(reason),
    reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
    culprit,
  );
}

function tell(kind: Finding['kind'], key: string, detail: string, input: Buffer): void {
  if (told.has(`${kind} ${key}`)) return;
  told.add(`${kind} ${key}`);
  send({ finding: { target: order.target, kind, key, detail, input: input.toString('base64') } });
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}

function keptBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
