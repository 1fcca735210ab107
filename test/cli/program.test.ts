import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../support/repository-root.js';
import { runLarder } from '../support/run-larder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string };

for (const args of [['--version'], ['serve', '--version'], ['check', '--version'], ['explain', '--version']])
  test(`larder ${args.join(' ')} prints the version and ends with 0`, async (t) => {
    t.deepEqual(await runLarder(args, await temporaryFolder(t)), { code: 0, stdout: `${version}\n`, stderr: '' });
  });

for (const args of [
  ['--help'],
  ['serve', '--help'],
  ['check', '--help'],
  ['explain', '--help'],
  ['stats', '--help'],
  ['help'],
])
  test(`larder ${args.join(' ')} explains and ends with 0`, async (t) => {
    const { code, stdout } = await runLarder(args, await temporaryFolder(t));
    t.is(code, 0);
    t.regex(stdout, /^Usage: larder/);
  });

test('serve has the flags of its contract', async (t) => {
  const { stdout } = await runLarder(['serve', '--help'], await temporaryFolder(t));
  for (const flag of ['--config', '--host', '--port', '--data', '--source', '--offline', '--quiet'])
    t.true(stdout.includes(flag), flag);
});

for (const args of [
  [],
  ['srve'],
  ['serve', '--prot', '1'],
  ['serve', 'extra'],
  ['serve', '--port'],
  ['serve', '--source', 'url'],
  ['serve', '--port', 'x'],
])
  test(`larder ${args.join(' ')} is wrong usage and ends with 2`, async (t) => {
    const { code, stdout, stderr } = await runLarder(args, await temporaryFolder(t));
    t.is(code, 2);
    t.is(stdout, '');
    t.not(stderr, '');
  });

test('serve with mistakes in its file prints them and ends with 1', async (t) => {
  const folder = await temporaryFolder(t, {
    'config/larder.yaml': 'access: { anonymousRead: perhaps }\nsources: []\n',
  });
  const { code, stdout, stderr } = await runLarder(['serve'], folder);
  t.is(code, 1);
  t.is(stdout, '');
  t.is(
    stderr,
    'sources: must not be an empty list (config/larder.yaml:2)\naccess.anonymousRead: "perhaps" is neither true nor false; allowed: true or false (config/larder.yaml:1)\n',
  );
});
