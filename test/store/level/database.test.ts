import test from 'ava';
import type { ExecutionContext } from 'ava';
import { Database } from '../../../src/store/level/database.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const rowCount = 2_500;
const keyOf = (number: number) => `row/${String(number).padStart(6, '0')}`;
const rows = { gt: 'row/', lt: 'row0' };

async function filled(t: ExecutionContext): Promise<Database<string>> {
  const megabyte = 1_000_000;
  const database = await Database.open<string>(await temporaryDirectory(t), 'utf8', {
    ...{ compression: true, writeBufferBytes: megabyte, maxFileBytes: megabyte, cacheBytes: megabyte },
  });
  t.teardown(() => database.close());
  const writes = Array.from({ length: rowCount }, (_, number) => {
    return { type: 'put', key: keyOf(number), value: Buffer.from(`väl${number}`) } as const;
  });
  await database.batch([...writes, { type: 'put', key: 'other', value: Buffer.alloc(1) }]);
  return database;
}

test('a large range comes in several parts, whole and in order, as it was when it was begun', async (t) => {
  const database = await filled(t);
  const found: string[] = [];
  let parts = 0;
  for await (const texts of database.texts(rows)) {
    if (parts++ === 0)
      await database.batch([
        { type: 'del', key: keyOf(rowCount - 1) },
        { type: 'put', key: 'row/new', value: Buffer.alloc(1) },
      ]);
    found.push(...texts);
  }
  t.true(parts > 1);
  t.deepEqual(
    found,
    Array.from({ length: rowCount }, (_, number) => `väl${number}`),
  );
});

test('its keys come alone as well', async (t) => {
  const database = await filled(t);
  const found: string[] = [];
  for await (const keys of database.keysAtATime(rows)) found.push(...keys);
  t.deepEqual(
    found,
    Array.from({ length: rowCount }, (_, number) => keyOf(number)),
  );
});

test('who stops in the middle leaves nothing behind, and who goes on after the end of the database is told', async (t) => {
  const database = await filled(t);
  for await (const texts of database.texts(rows)) {
    t.is(texts[0], 'väl0');
    break;
  }
  const left = database.texts(rows);
  await left.next();
  await database.close();
  await t.throwsAsync(async () => {
    for (;;) if ((await left.next()).done) return;
  });
});

const put = (key: string, text: string) => ({ type: 'put', key, value: Buffer.from(text) }) as const;
const del = (key: string) => ({ type: 'del', key }) as const;

test('writes of one key take effect in the order in which they were asked for, though nobody waits for them', async (t) => {
  const database = await filled(t);
  const writes = Array.from({ length: 300 }, (_, turn) => {
    const key = `turn/${turn % 7}`;
    return database.batch([turn % 3 === 2 ? del(key) : put(key, String(turn))], turn % 50 === 0);
  });
  await Promise.all(writes);
  const last = new Map(writes.map((_, turn) => [turn % 7, turn]));
  for (const [key, turn] of last)
    t.is((await database.get(`turn/${key}`))?.toString(), turn % 3 === 2 ? undefined : String(turn));
});

test('writers whose batch failed are all told, none of their writes happened, and the next ones succeed', async (t) => {
  const database = await filled(t);
  const first = database.batch([put('before', 'x')]);
  await Promise.resolve();
  await Promise.resolve();
  const none = undefined as unknown as string;
  const failing = [
    database.batch([put('good', 'x')]),
    database.batch([put(none, 'x')]),
    database.batch([del('before')]),
  ];
  await first;
  t.deepEqual(
    (await Promise.allSettled(failing)).map(({ status }) => status),
    ['rejected', 'rejected', 'rejected'],
  );
  t.true(database.writeFailed);
  t.is((await database.get('before'))?.toString(), 'x');
  t.is(await database.get('good'), undefined);
  await Promise.all([database.batch([put('after', 'y')]), database.batch([put('good', 'z')])]);
  t.false(database.writeFailed);
  t.is((await database.get('after'))?.toString(), 'y');
  t.is((await database.get('good'))?.toString(), 'z');
});

test('closing writes what was asked for before, and refuses what comes after', async (t) => {
  const path = await temporaryDirectory(t);
  const megabyte = 1_000_000;
  const open = () =>
    Database.open<string>(path, 'utf8', {
      ...{ compression: true, writeBufferBytes: megabyte, maxFileBytes: megabyte, cacheBytes: megabyte },
    });
  const database = await open();
  const writes = Array.from({ length: 20 }, (_, number) => database.batch([put(keyOf(number), 'x'.repeat(200_000))]));
  const closing = database.close();
  await t.throwsAsync(() => database.batch([put('late', 'x')]), { message: /closed/ });
  await Promise.all(writes);
  await closing;
  const again = await open();
  t.teardown(() => again.close());
  const found: string[] = [];
  for await (const key of again.keys({})) found.push(key);
  t.deepEqual(
    found,
    writes.map((_, number) => keyOf(number)),
  );
});

test('entries one by one are whole and in order too, as few as are wanted', async (t) => {
  const database = await filled(t);
  const found: string[] = [];
  for await (const [key] of database.entries(rows)) found.push(key);
  t.deepEqual(
    found,
    Array.from({ length: rowCount }, (_, number) => keyOf(number)),
  );
  const few: string[] = [];
  for await (const [key, value] of database.entries(rows, 2)) few.push(`${key} ${value.toString()}`);
  t.deepEqual(few, [`${keyOf(0)} väl0`, `${keyOf(1)} väl1`]);
});
