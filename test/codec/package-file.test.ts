import test from 'ava';
import { BadPackageError } from '../../src/codec/bad-package.js';
import { bufferSource } from '../../src/codec/byte-source.js';
import { readPackageFile } from '../../src/codec/package-file.js';
import { readZipDirectory } from '../../src/codec/zip-directory.js';
import { text, zipped } from './zipped.js';

const zip = zipped({
  'images/Icon.png': text('icon'),
  'docs/read%20me.md': text('readme'),
  'docs/100%.txt': text('percent'),
  '/LICENSE': text('licence'),
  '../outside.txt': text('outside'),
  'images/': text(''),
});
const read = async (path: string, maxBytes?: number) => {
  const source = bufferSource(zip);
  return (await readPackageFile(source, await readZipDirectory(source), path, maxBytes))?.toString();
};

test('a path finds its file without case, whatever its slashes, and through the percent signs of OPC', async (t) => {
  for (const path of [
    'images/Icon.png',
    'IMAGES/icon.PNG',
    'images\\Icon.png',
    './images/Icon.png',
    '/images//Icon.png',
  ])
    t.is(await read(path), 'icon', path);
  t.is(await read('docs/read me.md'), 'readme');
  t.is(await read('docs/read%20me.md'), 'readme');
  t.is(await read('docs/100%.txt'), 'percent');
  t.is(await read('license'), 'licence');
});

test('a path that names no file of the package finds none', async (t) => {
  for (const path of ['', '.', '/', 'images', 'images/', 'none.txt', '../outside.txt', 'images/../LICENSE', 'x\0'])
    t.is(await read(path), undefined, path);
});

test('a file is read only within the bound', async (t) => {
  t.is(await read('LICENSE', 7), 'licence');
  await t.throwsAsync(read('LICENSE', 6), { instanceOf: BadPackageError, message: /more than the 6/ });
});
