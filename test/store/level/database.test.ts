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
  const found: (readonly [string, string])[] = [];
  let parts = 0;
  for await (const entries of database.texts(rows)) {
    if (parts++ === 0)
      await database.batch([
        { type: 'del', key: keyOf(rowCount - 1) },
        { type: 'put', key: 'row/new', value: Buffer.alloc(1) },
      ]);
    found.push(...entries);
  }
  t.true(parts > 1);
  t.deepEqual(
    found,
    Array.from({ length: rowCount }, (_, number) => [keyOf(number), `väl${number}`] as const),
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
  for await (const entries of database.texts(rows)) {
    t.is(entries[0]?.[0], keyOf(0));
    break;
  }
  const left = database.texts(rows);
  await left.next();
  await database.close();
  await t.throwsAsync(async () => {
    for (;;) if ((await left.next()).done) return;
  });
});
