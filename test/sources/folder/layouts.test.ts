import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PackageId } from '../../../src/nuget/package-id.js';
import { makeNupkg } from '../../support/nupkg.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { told } from '../open-source.js';
import { openFolder, writtenNow } from './open-folder.js';

const a = (version: string) => ({ id: 'Alpha', version });

test('packages lie flat, one folder below, and in id/version; all are one list, ascending', async (t) => {
  const local = await openFolder(t, {
    'Alpha.1.10.0.nupkg': a('1.10.0'),
    'alpha.1.9.0.NUPKG': a('1.9.0'),
    'some group/Alpha.2.0.0-beta.1.nupkg': a('2.0.0-beta.1'),
    'Alpha.0.5.0/Alpha.0.5.0.nupkg': a('0.5.0'),
    'alpha/1.2.0/alpha.1.2.0.nupkg': a('1.2.0'),
    'alpha/1.2.0/alpha.nuspec': '<package/>',
    'alpha/1.2.0/.nupkg.metadata': '{}',
    'beta/3.0.0/beta.3.0.0.nupkg': { id: 'Beta', version: '3.0.0' },
  });
  t.deepEqual(await local.versionsLater('ALPHA'), ['0.5.0', '1.2.0', '1.9.0', '1.10.0', '2.0.0-beta.1']);
  t.deepEqual(await local.versionsLater('beta'), ['3.0.0']);
  t.deepEqual(await local.versionsLater('Gamma'), []);
  t.deepEqual(local.warnings(), []);
});

test('symbols, shadow files of desktops, and what packages were unpacked to are passed over in silence', async (t) => {
  const local = await openFolder(t, {
    'Alpha.1.0.0.nupkg': a('1.0.0'),
    'Alpha.1.0.1.symbols.nupkg': a('1.0.1'),
    'Alpha.1.0.2.snupkg': a('1.0.2'),
    '._Alpha.1.0.3.nupkg': 'shadow',
    '.trash/Alpha.1.0.4.nupkg': a('1.0.4'),
    'lost+found/Alpha.1.0.5.nupkg': a('1.0.5'),
    'alpha/1.0.0/lib/Alpha.1.0.6.nupkg': a('1.0.6'),
    'alpha/content/Alpha.1.0.7.nupkg': a('1.0.7'),
    '.nupkg': 'nothing',
    'readme.md': 'hello',
  });
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  t.deepEqual(local.warnings(), []);
});

test('an empty folder has no package, and says so', async (t) => {
  const { source } = await openFolder(t);
  t.is(told(await source.versions(PackageId.parse('Alpha'), {})), 'missing');
});

test('the package counts, not the name of its file; that is told once', async (t) => {
  const local = await openFolder(t, {
    'Wrong.9.9.9.nupkg': a('1.0.0'),
    'no version.nupkg': a('1.1.0'),
    'Alpha.1.2.nupkg': a('1.2.0'),
    'A.1.2.3.nupkg': { id: 'A.1', version: '2.3' },
  });
  for (let i = 0; i < 3; i++) t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0', '1.1.0', '1.2.0']);
  t.deepEqual(await local.versionsLater('Wrong'), []);
  t.deepEqual(await local.versionsLater('A.1'), ['2.3.0']);
  t.deepEqual(await local.versionsLater('A'), []);
  t.deepEqual(
    local.warnings().map((line) => line.split(':')[0]),
    ['Wrong.9.9.9.nupkg', 'no version.nupkg'],
  );
  t.like(
    local.entries.find(({ file }) => file === 'Wrong.9.9.9.nupkg'),
    { package: 'Alpha 1.0.0' },
  );
});

test('of two files with one package the first by path is used; the other is told', async (t) => {
  const local = await openFolder(t, {
    'b/Alpha.1.0.0.nupkg': { ...a('1.0.0'), nuspecExtras: '<title>second</title>' },
    'a/Alpha.1.0.nupkg': { ...a('1.0.0'), nuspecExtras: '<title>first</title>' },
  });
  const answer = await local.source.registration(PackageId.parse('Alpha'), {});
  t.true(answer.kind === 'found' && answer.value.value.leaves.length === 1);
  t.regex(answer.kind === 'found' ? String(answer.value.value.leaves[0]?.template) : '', /"title":"first"/);
  t.like(
    local.entries.find(({ level }) => level === 'warn'),
    { file: 'b/Alpha.1.0.0.nupkg', used: 'a/Alpha.1.0.nupkg', package: 'Alpha 1.0.0' },
  );
});

test('a broken file is told once and passed over; everything else is served', async (t) => {
  const whole = makeNupkg(a('1.0.0'));
  const local = await openFolder(t, {
    'Alpha.1.0.0.nupkg': whole,
    'Alpha.2.0.0.nupkg': whole.subarray(0, whole.length - 40),
    'Alpha.3.0.0.nupkg': '<html>not a package</html>',
    'Alpha.4.0.0.nupkg': '',
    'Alpha.5.0.0.nupkg': makeNupkg({ id: 'Alpha', version: 'not a version' }),
    'Beta.1.0.0.nupkg': { id: 'Beta', version: '1.0.0' },
  });
  for (let i = 0; i < 3; i++) t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  t.deepEqual(await local.versionsLater('Beta'), ['1.0.0']);
  const warnings = local.warnings();
  t.deepEqual(
    warnings.map((line) => line.split(':')[0]),
    ['2', '3', '4', '5'].map((major) => `Alpha.${major}.0.0.nupkg`),
  );
  for (const line of warnings) t.regex(line, /passed over \(.+\)/);
});

test('a file that is being copied is not listed and not called broken; it is listed once it is whole', async (t) => {
  const whole = makeNupkg(a('2.0.0'));
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  for (const share of [0.3, 0.9]) {
    await local.put('Alpha.2.0.0.nupkg', whole.subarray(0, whole.length * share));
    await writtenNow(local, 'Alpha.2.0.0.nupkg');
    local.clock.advance(-5_000);
    t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  }
  t.deepEqual(local.warnings(), []);
  await local.put('Alpha.2.0.0.nupkg', whole);
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0', '2.0.0']);
});

test('a file that nobody goes on copying is told as broken in the end', async (t) => {
  const local = await openFolder(t, { 'Alpha.2.0.0.nupkg': 'PK' });
  await writtenNow(local, 'Alpha.2.0.0.nupkg');
  t.deepEqual(await local.versionsLater('Alpha'), []);
  t.deepEqual(local.warnings(), []);
  local.clock.advance(10_000);
  t.deepEqual(await local.versionsLater('Alpha'), []);
  t.is(local.warnings().length, 1);
});

test('links that leave the folder are not followed, links that stay are', async (t) => {
  const outside = await temporaryDirectory(t);
  await writeFile(join(outside, 'Alpha.6.6.6.nupkg'), makeNupkg(a('6.6.6')));
  const local = await openFolder(t, {
    'store/1.nupkg': a('1.0.0'),
    'Beta.1.0.0.nupkg': { id: 'Beta', version: '1.0.0' },
  });
  await symlink(join(outside, 'Alpha.6.6.6.nupkg'), join(local.folder, 'Alpha.6.6.6.nupkg'));
  await symlink(outside, join(local.folder, 'elsewhere'));
  await symlink(join(local.folder, '..'), join(local.folder, 'up'));
  await symlink('nowhere', join(local.folder, 'Alpha.7.0.0.nupkg'));
  await symlink('loop', join(local.folder, 'loop'));
  await mkdir(join(local.folder, 'links'));
  await symlink('../Beta.1.0.0.nupkg', join(local.folder, 'links/Beta.1.0.0.nupkg'));
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  t.deepEqual(
    local
      .warnings()
      .filter((line) => line.includes('link leads out'))
      .map((line) => line.split(':')[0])
      .sort(),
    ['Alpha.6.6.6.nupkg', 'Alpha.7.0.0.nupkg', 'elsewhere', 'loop', 'up'],
  );
  t.true(
    local.warnings().some((line) => line.startsWith('links/Beta.1.0.0.nupkg: a file holds a package that another')),
  );
});

test('what is no file is never opened: a pipe would hold us up', async (t) => {
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  if (process.platform !== 'win32') execFileSync('mkfifo', [join(local.folder, 'Alpha.2.0.0.nupkg')]);
  await mkdir(join(local.folder, 'Alpha.3.0.0.nupkg'));
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
});

test('more versions of an id than allowed are refused, other ids are not', async (t) => {
  const local = await openFolder(
    t,
    {
      'Alpha.1.nupkg': a('1.0.0'),
      'Alpha.2.nupkg': a('2.0.0'),
      'Alpha.3.nupkg': a('3.0.0'),
      'Beta.1.nupkg': { id: 'Beta', version: '1.0.0' },
    },
    { maxVersionsPerId: 2 },
  );
  t.is(
    told(await local.source.versions(PackageId.parse('Alpha'), {})),
    'refused too-large: the folder has 3 versions of Alpha, more than the 2 allowed',
  );
  t.deepEqual(await local.versionsLater('Beta'), ['1.0.0']);
});
