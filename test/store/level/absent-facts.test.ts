import { setImmediate as nextTurn } from 'node:timers/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { factKey } from '../../../src/store/keys.js';
import { AbsentFacts } from '../../../src/store/level/absent-facts.js';
import { Database } from '../../../src/store/level/database.js';
import { eventually } from '../../support/eventually.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const nameOf = (number: number) => factKey({ source: 'nuget.org', kind: 'versions', name: `package${number}` });
const keptCount = 5_000;

async function index(t: ExecutionContext): Promise<Database<string>> {
  const megabyte = 1_000_000;
  const meta = await Database.open<string>(await temporaryDirectory(t), 'utf8', {
    ...{ compression: true, writeBufferBytes: megabyte, maxFileBytes: megabyte, cacheBytes: megabyte },
  });
  t.teardown(() => meta.close());
  const value = Buffer.from('{}');
  await meta.batch(
    Array.from({ length: keptCount }, (_, number) => ({ type: 'put', key: nameOf(number), value }) as const),
  );
  return meta;
}

test('what the index has is not told absent at any time, what it has not is in the end', async (t) => {
  const absent = new AbsentFacts(await index(t));
  t.false(absent.has(nameOf(keptCount)));
  for (let turn = 0; turn < 10_000 && !absent.has(nameOf(keptCount)); turn++) {
    for (let number = 0; number < keptCount; number += 500) t.false(absent.has(nameOf(number)));
    await nextTurn();
  }
  await eventually(async () => absent.has(nameOf(keptCount)), Boolean);
  for (let number = 0; number < keptCount; number++) t.false(absent.has(nameOf(number)));
});

test('what comes is not absent any more, whether it comes before or after the index was read', async (t) => {
  const absent = new AbsentFacts(await index(t));
  absent.comes(nameOf(keptCount + 1));
  await eventually(async () => absent.has(nameOf(keptCount)), Boolean);
  t.false(absent.has(nameOf(keptCount + 1)));
  t.true(absent.has(nameOf(keptCount + 2)));
  absent.comes(nameOf(keptCount + 2));
  t.false(absent.has(nameOf(keptCount + 2)));
});

test('nothing is told absent where the keys cannot be read, nor once it is closed', async (t) => {
  const meta = await index(t);
  const known = new AbsentFacts(meta);
  await eventually(async () => known.has(nameOf(keptCount)), Boolean);
  await known.close();
  t.false(known.has(nameOf(keptCount)));
  await meta.close();
  const unknown = new AbsentFacts(meta);
  await unknown.close();
  t.false(unknown.has(nameOf(keptCount)));
});
