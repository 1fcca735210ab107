import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { directoryBytes, pathError, StorePathError } from '../../../src/store/level/store-directory.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const open = (path: string) => openLevelStore(path, { now: Date.now });

test('directories on the way are made', async (t) => {
  const path = join(await temporaryDirectory(t), 'a', 'b');
  await (await open(path)).close();
  t.true((await directoryBytes(path)) > 0);
});

for (const below of ['', 'below'])
  test(`a file in place of ${below === '' ? 'the store' : 'its parent'} is told, with what to do`, async (t) => {
    const file = join(await temporaryDirectory(t), 'file');
    await writeFile(file, 'mine');
    const path = join(file, below);
    const error = await t.throwsAsync(() => open(path), { instanceOf: StorePathError });
    t.is(
      error?.message,
      `the store ${path} cannot be used: a file is in its place. Name a directory, or move the file away.`,
    );
  });

test('a store that cannot be opened is told, with the reason', async (t) => {
  const path = await temporaryDirectory(t);
  await (await open(path)).close();
  await rm(join(path, 'meta', 'CURRENT'));
  await mkdir(join(path, 'meta', 'CURRENT'));
  const error = await t.throwsAsync(() => open(path), { instanceOf: StorePathError });
  t.true(error?.message.startsWith(`the store ${path} cannot be opened: `));
  t.true(error?.message.includes('Is a directory'));
});

test('each reason why a directory cannot be used has its next step', (t) => {
  const steps = { EACCES: /may not write there/, EROFS: /read-only/, ENOSPC: /disk is full/, EIO: /i\/o went wrong/ };
  for (const [code, expected] of Object.entries(steps)) {
    const error = pathError('/data', Object.assign(new Error('i/o went wrong'), { code }));
    t.regex(error.message, expected);
    t.regex(error.message, /^the store \/data cannot be used: .*name (a|another) path/);
  }
});
