import test from 'ava';
import { WriteQueue } from '../../../src/store/level/write-queue.js';

interface Named {
  readonly name: string;
  readonly bytes: number;
  readonly isAlone?: boolean;
}

interface End {
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/** A queue whose groups end when they are told to. */
function controlled(maxBytes = 100) {
  const groups: string[] = [];
  const ends: End[] = [];
  const queue = new WriteQueue<Named>({
    maxBytes,
    commit(group) {
      groups.push(group.map(({ name }) => name).join(' '));
      return new Promise<void>((resolve, reject) => ends.push({ resolve, reject }));
    },
  });
  const add = (name: string, bytes = 1, isAlone = false) => queue.add({ name, bytes, isAlone });
  return { queue, groups, ends, add };
}

const turns = () => new Promise((resolve) => setImmediate(resolve));

test('what comes in one turn goes together, and what comes meanwhile goes together afterwards, in order', async (t) => {
  const { queue, groups, ends, add } = controlled();
  const first = [add('a'), add('b')];
  await turns();
  const later = [add('c'), add('d'), add('e')];
  await turns();
  t.deepEqual(groups, ['a b']);
  t.is(queue.bytes, 5);
  ends[0]?.resolve();
  await Promise.all(first);
  await turns();
  t.deepEqual(groups, ['a b', 'c d e']);
  t.is(queue.bytes, 3);
  ends[1]?.resolve();
  await Promise.all(later);
  await queue.idle();
  t.is(queue.bytes, 0);
});

test('a group that fails tells all its members, and nobody else', async (t) => {
  const { groups, ends, add } = controlled();
  const first = add('a');
  await turns();
  const failing = [add('b'), add('c')];
  ends[0]?.resolve();
  await first;
  await turns();
  const last = add('d');
  const reason = new Error('the disk refuses');
  ends[1]?.reject(reason);
  for (const outcome of await Promise.allSettled(failing)) t.deepEqual(outcome, { status: 'rejected', reason });
  await turns();
  t.deepEqual(groups, ['a', 'b c', 'd']);
  ends[2]?.resolve();
  await t.notThrowsAsync(last);
});

test('a group has no more bytes than it may, and what is larger or is to go alone goes alone', async (t) => {
  const { groups, ends, add } = controlled(100);
  const all = [add('a', 60), add('b', 40), add('c', 1), add('large', 500), add('d'), add('alone', 0, true), add('e')];
  for (let group = 0; group < 6; group++) {
    await turns();
    ends[group]?.resolve();
  }
  await Promise.all(all);
  t.deepEqual(groups, ['a b', 'c', 'large', 'd', 'alone', 'e']);
});

test('who adds the moment he is told is not forgotten', async (t) => {
  const groups: string[] = [];
  const queue = new WriteQueue<Named>({
    maxBytes: 100,
    commit: async (group) => void groups.push(group.map(({ name }) => name).join(' ')),
  });
  for (const name of ['a', 'b', 'c']) await queue.add({ name, bytes: 1 });
  t.deepEqual(groups, ['a', 'b', 'c']);
});
