import { setTimeout as wait } from 'node:timers/promises';

import type { LarderUnderTest, Reply } from '../../support/larder.js';
import { isRight } from './outcome.js';
import type { Outcome } from './outcome.js';
import type { Cell, World } from './world.js';

/** What a request may take at most, whatever is wrong: every limit of the world is far below. */
const patienceMs = 120_000;
const tries = 300;
const pauseMs = 100;

/** Asks for a cell's resource. @throws Error when no end of an answer comes */
export async function ask(cell: Cell, larder: LarderUnderTest): Promise<Outcome> {
  return inTime(cell, cell.resource.ask(larder));
}

/**
 * Asks for the last byte of a package, which nobody is sent before the verdict on the whole: so an error is told in words however much of
 * the package others were sent meanwhile. @returns `undefined` for what is not streamed
 */
export async function askVerdict(cell: Cell, larder: LarderUnderTest): Promise<Outcome | undefined> {
  const { name, path } = cell.resource;
  return name === 'nupkg' ? inTime(cell, larder.get(path, { range: 'bytes=-1' })) : undefined;
}

async function inTime(cell: Cell, asking: Promise<Outcome>): Promise<Outcome> {
  const late = new AbortController();
  try {
    return await Promise.race([
      asking.catch((error: unknown): Outcome => brokenOff(error)),
      wait(patienceMs, undefined, { signal: late.signal }).then(() => {
        throw new Error(`${cell.resource.name}: no end of an answer`);
      }),
    ]);
  } finally {
    late.abort();
  }
}

function brokenOff(error: unknown): Outcome {
  if (error instanceof Error && /terminated|other side closed|socket|aborted|ECONNRESET/i.test(error.message))
    return 'broken off';
  throw error;
}

/** Asks until the answer is as wanted. @returns the last answer, which is not as wanted when it never was */
export async function askUntil(
  cell: Cell,
  { larder }: World,
  isWanted: (outcome: Outcome) => boolean,
): Promise<Outcome> {
  return until(() => ask(cell, larder), isWanted);
}

/**
 * Asks for anything until its status is as wanted: where the machine is busy a source may seem silent in the middle of a package.
 * @throws Error with the last answer when it never is
 */
export async function getUntil(larder: LarderUnderTest, path: string, wanted: number): Promise<Reply> {
  const last = await until<Outcome>(
    () => larder.get(path).catch(brokenOff),
    (outcome) => typeof outcome === 'object' && outcome.status === wanted,
  );
  if (typeof last === 'object') return last;
  throw new Error(`${path}: ${last}`);
}

async function until<T>(work: () => Promise<T>, isWanted: (result: T) => boolean): Promise<T> {
  for (let left = tries; ; left--) {
    const result = await work();
    if (isWanted(result) || left === 0) return result;
    await wait(pauseMs);
  }
}

/** 200, right, and not for want of anything better. */
export const isWell = (cell: Cell, outcome: Outcome): boolean =>
  isRight(cell, outcome) && typeof outcome === 'object' && outcome.headers['x-cache'] !== 'STALE';
