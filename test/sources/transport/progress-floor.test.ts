import test from 'ava';
import { aboveFloor, floorFor, TooSlowError } from '../../../src/sources/transport/progress-floor.js';
import { SteppedClock } from '../../support/stepped-clock.js';

const floor = floorFor(30_000);

async function* drip(clock: SteppedClock, bytes: number, everyMs: number, count: number) {
  for (let i = 0; i < count; i++) {
    await clock.pass(everyMs);
    yield Buffer.alloc(bytes);
  }
}

async function read(clock: SteppedClock, pieces: AsyncIterable<Buffer>, readerMs = 0): Promise<number> {
  let total = 0;
  for await (const piece of aboveFloor(pieces, floor, clock)) {
    total += piece.length;
    await clock.pass(readerMs);
  }
  return total;
}

test('less than a kilobyte a second over a minute ends it', async (t) => {
  const clock = new SteppedClock();
  await t.throwsAsync(read(clock, drip(clock, 900, 1_000, 600)), { instanceOf: TooSlowError });
});

test('a little more does not, nor a minute’s silence within what the time limit allows', async (t) => {
  const clock = new SteppedClock();
  t.is(await read(clock, drip(clock, 1_100, 1_000, 600)), 660_000);
  t.is(await read(clock, drip(clock, 1_000_000, 29_000, 20)), 20_000_000);
  t.is(floorFor(90_000).windowMs, 180_000);
});

test('the time of a slow reader is not the source’s', async (t) => {
  const clock = new SteppedClock();
  t.is(await read(clock, drip(clock, 900, 1, 600), 5_000), 540_000);
});
