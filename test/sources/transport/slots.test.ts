import test from 'ava';
import { OverloadedError, RequestSlots } from '../../../src/sources/transport/slots.js';
import type { Exchange } from '../../../src/sources/transport/exchange.js';

/** Enters and notes it. */
function entrance(slots: RequestSlots) {
  const inside: string[] = [];
  const leave = new Map<string, () => void>();
  const enter = async (name: string, carries: Exchange['carries'], signal?: AbortSignal) => {
    leave.set(name, await slots.enter(carries, signal));
    inside.push(name);
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { inside, enter, turn, leave: (name: string) => leave.get(name)?.() };
}

for (const [places, forPackages] of [
  [32, 24],
  [8, 6],
  [4, 2],
  [3, 1],
  [2, 1],
  [1, 1],
] as const)
  test(`of ${places} places packages take ${forPackages} at the most, documents all`, async (t) => {
    const { inside, enter, turn } = entrance(new RequestSlots(places));
    for (let i = 0; i < 50; i++) void enter(`p${i}`, 'package');
    await turn();
    t.is(inside.length, forPackages);
    for (let i = 0; i < 50; i++) void enter(`d${i}`, 'document');
    await turn();
    t.is(inside.length, places);
    const { inside: others, enter: enterOther, turn: next } = entrance(new RequestSlots(places));
    for (let i = 0; i < 50; i++) void enterOther(`d${i}`, 'document');
    await next();
    t.is(others.length, places);
  });

test('who waits enters in the order of coming; a package that may not yet holds up no document', async (t) => {
  const { inside, enter, turn, leave } = entrance(new RequestSlots(4));
  for (const name of ['p1', 'p2', 'p3', 'p4']) void enter(name, 'package');
  for (const name of ['d1', 'd2', 'd3', 'd4']) void enter(name, 'document');
  await turn();
  t.deepEqual(inside, ['p1', 'p2', 'd1', 'd2']);
  leave('d1');
  await turn();
  t.is(inside.at(-1), 'd3', 'both places of packages are taken');
  leave('p1');
  await turn();
  t.is(inside.at(-1), 'p3', 'it came before d4');
  leave('p1');
  await turn();
  t.is(inside.length, 6, 'a place is given back once');
});

test('who gives up waiting leaves the line, and frees no place', async (t) => {
  const counts: number[] = [];
  const slots = new RequestSlots(1, (count) => counts.push(count));
  const { inside, enter, turn, leave } = entrance(slots);
  await enter('a', 'document');
  const impatient = new AbortController();
  const reason = new Error('no time');
  const given = enter('b', 'document', impatient.signal);
  void enter('c', 'document');
  impatient.abort(reason);
  await t.throwsAsync(given, { is: reason });
  await t.throwsAsync(enter('d', 'document', impatient.signal), { is: reason });
  leave('a');
  await turn();
  t.deepEqual(inside, ['a', 'c']);
  t.deepEqual(counts, [1, 2, 1, 0]);
});

test('the line has a bound', async (t) => {
  const slots = new RequestSlots(1, undefined, 2);
  const { enter } = entrance(slots);
  await enter('a', 'document');
  void enter('b', 'document');
  void enter('c', 'package');
  await t.throwsAsync(enter('d', 'document'), {
    instanceOf: OverloadedError,
    message: '2 requests wait for a free connection already',
  });
});
