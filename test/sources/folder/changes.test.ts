import test from 'ava';
import { rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { PackageId } from '../../../src/nuget/package-id.js';
import { makeNupkg } from '../../support/nupkg.js';
import { told, valueOf } from '../open-source.js';
import { laterMs, openFolder } from './open-folder.js';

const alpha = PackageId.parse('Alpha');
const a = (version: string, title = 'x') => ({ id: 'Alpha', version, nuspecExtras: `<title>${title}</title>` });

test('new, replaced, moved and removed packages are noticed while running', async (t) => {
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  await local.put('alpha/2.0.0/alpha.2.0.0.nupkg', a('2.0.0'));
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0', '2.0.0']);
  await rename(join(local.folder, 'alpha/2.0.0/alpha.2.0.0.nupkg'), join(local.folder, 'Alpha.2.0.0.nupkg'));
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0', '2.0.0']);
  await local.put('Alpha.1.0.0.nupkg', a('1.5.0'));
  t.deepEqual(await local.versionsLater('Alpha'), ['1.5.0', '2.0.0']);
  await local.remove('Alpha.2.0.0.nupkg');
  t.deepEqual(await local.versionsLater('Alpha'), ['1.5.0']);
  await local.remove('Alpha.1.0.0.nupkg');
  t.deepEqual(await local.versionsLater('Alpha'), []);
});

test('a package replaced by one of the same size and date is noticed', async (t) => {
  const size = (title: string) => makeNupkg(a('1.0.0', title)).length;
  const title = ['two', 'six', 'ten', 'abc', 'xyz', 'neo', 'eon'].find((other) => size(other) === size('one'));
  if (title === undefined) return t.fail('no two titles make packages of one size');
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': a('1.0.0', 'one') });
  const path = join(local.folder, 'Alpha.1.0.0.nupkg');
  const titleOf = async () => {
    local.clock.advance(laterMs);
    const listing = valueOf(await local.source.registration(alpha, {}));
    return /"title":"(\w+)"/.exec(String(listing.value.leaves[0]?.template))?.[1];
  };
  t.is(await titleOf(), 'one');
  await local.put('new', makeNupkg(a('1.0.0', title)));
  const { atime, mtime } = await stat(path);
  await utimes(join(local.folder, 'new'), atime, mtime);
  await rename(join(local.folder, 'new'), path);
  t.is(await titleOf(), title);
});

test('to whoever holds the present word, "unchanged" is said until something changes', async (t) => {
  const local = await openFolder(t, {
    'Alpha.1.0.0.nupkg': a('1.0.0'),
    'Beta.1.nupkg': { id: 'Beta', version: '1.0.0' },
  });
  const { validators } = valueOf(await local.source.versions(alpha, {}));
  const { validators: registered } = valueOf(await local.source.registration(alpha, {}));
  t.notDeepEqual(validators, registered);
  local.clock.advance(laterMs);
  await local.remove('Beta.1.nupkg');
  t.is(told(await local.source.versions(alpha, { validators })), 'unchanged');
  t.is(told(await local.source.registration(alpha, { validators: registered })), 'unchanged');
  t.is(told(await local.source.registration(alpha, { validators })), 'found');
  await local.put('Alpha.1.1.0.nupkg', a('1.1.0'));
  local.clock.advance(laterMs);
  t.is(told(await local.source.versions(alpha, { validators })), 'found');
  t.is(told(await local.source.registration(alpha, { validators: registered })), 'found');
});

test('only new and changed files are opened, and many questions in one moment share one look', async (t) => {
  const names = Array.from({ length: 40 }, (_, i) => `Alpha.1.${i}.0.nupkg`);
  const local = await openFolder(t, Object.fromEntries(names.map((name, i) => [name, a(`1.${i}.0`)])));
  const spent = async (work: () => Promise<unknown>) => {
    const before = local.lanes.runs;
    await work();
    return local.lanes.runs - before;
  };
  const first = await spent(() => local.versionsLater('Alpha'));
  const second = await spent(() => local.versionsLater('Alpha'));
  t.true(first > 6 * 40, 'each file is looked at, opened and read');
  t.true(second < 3 * 40, `a look at times and sizes takes one or two operations a file: ${second}`);
  t.is(await spent(() => Promise.all(names.map(() => local.source.versions(alpha, {})))), 0);

  await local.put('Alpha.1.7.0.nupkg', a('1.7.0', 'another'));
  t.true((await spent(() => local.versionsLater('Alpha'))) < second + 20, 'one file is opened');
});

test('the present word of a folder lives a second: a new file is seen at the next question after it', async (t) => {
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  t.deepEqual(local.source.lifetimes, { versionsMs: 1_000, registrationMs: 1_000, missingMs: 1_000 });
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  await local.put('Alpha.1.1.0.nupkg', a('1.1.0'));
  local.clock.advance(1_000);
  const listing = valueOf(await local.source.versions(alpha, {}));
  t.deepEqual(listing.value.versions.map(String), ['1.0.0', '1.1.0']);
});

test('a clock that was set back does not keep an old look alive', async (t) => {
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  await local.put('Alpha.1.1.0.nupkg', a('1.1.0'));
  local.clock.advance(-3_600_000);
  const listing = valueOf(await local.source.versions(alpha, {}));
  t.is(listing.value.versions.length, 2);
});
