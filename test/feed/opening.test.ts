import test from 'ava';

import { failed, found } from '../../src/feed/answer.js';
import { Opening } from '../../src/feed/opening.js';
import { PassingMemory, PassingPackage } from '../../src/feed/passing-package.js';
import { SteppedClock } from '../support/stepped-clock.js';

const largeBytes = 10_000_000;
const smallBytes = 1_000;

async function start(firstBytes: string) {
  const clock = new SteppedClock();
  const arriving = new PassingPackage(new PassingMemory(1_000_000));
  const opening = new Opening(clock);
  await arriving.append(Buffer.from(firstBytes, 'latin1'));
  const told: unknown[] = [];
  void opening.opened.then((answer) => told.push(answer));
  return { clock, arriving, opening, told };
}

test('a large package is told as soon as its first bytes look like one', async (t) => {
  const { clock, arriving, opening, told } = await start('PK\x03');
  t.true(await opening.mayBePackage(arriving));
  opening.tell({ size: largeBytes });
  await clock.pass(0);
  t.deepEqual(told, [], 'three bytes tell nothing');
  await arriving.append(Buffer.from([4]));
  t.true(await opening.mayBePackage(arriving));
  opening.tell({ size: largeBytes });
  t.deepEqual(await opening.opened, found({ size: largeBytes }));
});

test('what does not begin like a zip file is no package, and is never told as one', async (t) => {
  const { clock, arriving, opening, told } = await start('<html>');
  t.false(await opening.mayBePackage(arriving));
  opening.tell({ size: largeBytes });
  await clock.pass(1_000);
  t.deepEqual(told, []);
});

test('a small package that proves bad within a moment is told as an error, one that takes longer as on its way', async (t) => {
  const bad = failed({ code: 'source-failed', detail: 'bad' });
  const soon = await start('PK\x03\x04');
  t.true(await soon.opening.mayBePackage(soon.arriving));
  soon.opening.tell({ size: smallBytes });
  await soon.clock.pass(100);
  soon.opening.end(bad);
  t.is(await soon.opening.opened, bad);

  const late = await start('PK\x03\x04');
  t.true(await late.opening.mayBePackage(late.arriving));
  late.opening.tell({ size: smallBytes });
  await late.clock.pass(250);
  late.opening.end(bad);
  t.deepEqual(await late.opening.opened, found({ size: smallBytes }));
});
