import test from 'ava';
import { Guess } from '../../../src/feed/guess.js';
import { GivenUpError } from '../../../src/sources/transport/ahead-line.js';
import { AheadPlaces } from '../../../src/sources/transport/ahead-places.js';
import { OverloadedError, RequestSlots } from '../../../src/sources/transport/slots.js';
import type { Exchange } from '../../../src/sources/transport/exchange.js';

/** Enters and notes it. */
function entrance(slots: RequestSlots) {
  const inside: string[] = [];
  const leave = new Map<string, () => void>();
  const enter = async (name: string, carries: Exchange['carries'], signal?: AbortSignal, guess?: Guess) => {
    leave.set(name, await slots.enter(carries, signal, guess));
    inside.push(name);
  };
  const enterStandingBack = async (name: string) => {
    leave.set(name, await slots.enter('document', undefined, undefined, true));
    inside.push(name);
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { inside, enter, enterStandingBack, turn, leave: (name: string) => leave.get(name)?.() };
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

test('guesses take what nobody waits for and leave one place free; who waits goes before all of them', async (t) => {
  const { inside, enter, turn, leave } = entrance(new RequestSlots(4));
  const guess = (name: string, carries: Exchange['carries'] = 'document') =>
    void enter(name, carries, undefined, new Guess());
  for (const name of ['g1', 'g2', 'g3', 'g4']) guess(name);
  await turn();
  t.deepEqual(inside, ['g1', 'g2', 'g3']);
  await enter('d1', 'document');
  void enter('d2', 'document');
  leave('g1');
  await turn();
  t.deepEqual(inside.slice(3), ['d1', 'd2'], 'd2 came after g4');
  leave('d1');
  leave('d2');
  await turn();
  t.deepEqual(inside.slice(5), ['g4']);
});

test('guesses at packages keep to the places of packages, and hold up no guess at a document', async (t) => {
  const { inside, enter, turn } = entrance(new RequestSlots(4));
  for (const name of ['p1', 'p2', 'p3']) void enter(name, 'package', undefined, new Guess());
  void enter('d1', 'document', undefined, new Guess());
  await turn();
  t.deepEqual(inside, ['p1', 'p2', 'd1']);
});

test('over all sources there are only so many guesses at a time', async (t) => {
  const places = new AheadPlaces(3);
  const here = entrance(new RequestSlots(32, undefined, undefined, places));
  const there = entrance(new RequestSlots(32, undefined, undefined, places));
  for (const name of ['a', 'b']) void here.enter(name, 'document', undefined, new Guess());
  for (const name of ['c', 'd', 'e']) void there.enter(name, 'document', undefined, new Guess());
  await here.turn();
  t.deepEqual([...here.inside, ...there.inside], ['a', 'b', 'c']);
  here.leave('a');
  here.leave('a');
  await here.turn();
  t.deepEqual(there.inside, ['c', 'd'], 'a place is given back once, and to whoever waits at another source');
});

test('a guess that somebody waits for takes a place like anything else, and gives its own to another guess', async (t) => {
  const { inside, enter, turn } = entrance(new RequestSlots(32, undefined, undefined, new AheadPlaces(1)));
  const [running, waiting, last] = [new Guess(), new Guess(), new Guess()];
  void enter('running', 'document', undefined, running);
  void enter('waiting', 'package', undefined, waiting);
  void enter('last', 'document', undefined, last);
  await turn();
  t.deepEqual(inside, ['running']);
  waiting.want();
  await turn();
  t.deepEqual(inside, ['running', 'waiting']);
  running.expect();
  await turn();
  t.deepEqual(inside, ['running', 'waiting', 'last']);
});

test('a guess that is wanted stands in line behind those who waited before', async (t) => {
  const { inside, enter, turn, leave } = entrance(new RequestSlots(1));
  const guess = new Guess();
  await enter('a', 'document');
  void enter('guess', 'document', undefined, guess);
  void enter('b', 'document');
  guess.want();
  await turn();
  void enter('c', 'document');
  leave('a');
  await turn();
  leave('b');
  await turn();
  t.deepEqual(inside, ['a', 'b', 'guess']);
});

test('a guess that is given up, or aborted, leaves the line', async (t) => {
  const { inside, enter, turn, leave } = entrance(new RequestSlots(1));
  const [given, late] = [new Guess(), new Guess()];
  const impatient = new AbortController();
  await enter('a', 'document');
  const givenUp = enter('given up', 'document', undefined, given);
  const aborted = enter('aborted', 'document', impatient.signal, new Guess());
  given.giveUp();
  await t.throwsAsync(givenUp, { instanceOf: GivenUpError });
  impatient.abort(new Error('no time'));
  await t.throwsAsync(aborted, { message: 'no time' });
  late.giveUp();
  await t.throwsAsync(enter('too late', 'document', undefined, late), { instanceOf: GivenUpError });
  leave('a');
  await turn();
  t.deepEqual(inside, ['a']);
});

test('what is wanted is not given up', (t) => {
  const guess = new Guess();
  guess.want();
  guess.giveUp();
  t.true(guess.isWanted);
  t.false(guess.isGivenUp);
});

test('those who stand back take a quarter of the places, and come after everybody else who waits', async (t) => {
  const { inside, enter, enterStandingBack, turn, leave } = entrance(new RequestSlots(4));
  for (const name of ['b1', 'b2']) void enterStandingBack(name);
  await turn();
  t.deepEqual(inside, ['b1']);
  for (const name of ['d1', 'd2', 'd3', 'd4']) void enter(name, 'document');
  await turn();
  t.deepEqual(inside, ['b1', 'd1', 'd2', 'd3']);
  leave('b1');
  await turn();
  t.deepEqual(inside.slice(4), ['d4'], 'though b2 came first');
  leave('d1');
  await turn();
  t.deepEqual(inside.slice(5), ['b2']);
});
