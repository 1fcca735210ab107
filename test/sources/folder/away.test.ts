import test from 'ava';
import type { ExecutionContext } from 'ava';
import { chmod, mkdir, mkdtemp, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PackageId } from '../../../src/nuget/package-id.js';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import type { Source } from '../../../src/feed/source.js';
import { Lanes } from '../../../src/sources/folder/lanes.js';
import { makeNupkg } from '../../support/nupkg.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';
import { told } from '../open-source.js';
import { laterMs, openFolder } from './open-folder.js';

const alpha = PackageId.parse('Alpha');
const other = PackageId.parse('Other');
const one = PackageIdentity.parse('Alpha', '1.0.0');
const a = (version: string) => ({ id: 'Alpha', version });

const questions = (source: Source) => [
  source.versions(alpha, {}),
  source.versions(other, {}),
  source.registration(alpha, {}),
  source.download(one, {}),
  source.publishedHash(one, {}),
];

async function allTell(t: ExecutionContext, source: Source, pattern: RegExp) {
  for (const answer of await Promise.all<Parameters<typeof told>[0]>(questions(source))) t.regex(told(answer), pattern);
}

test('a folder that is not there is a failure with its path, never an absence; once it is there it is served', async (t) => {
  const local = await openFolder(t);
  await rm(local.folder, { recursive: true });
  await allTell(
    t,
    local.source,
    /^failed source-unreachable: \/.*\/packages is not there \(ENOENT\): mount or create it/,
  );
  await mkdir(local.folder);
  await local.put('Alpha.1.0.0.nupkg', a('1.0.0'));
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
});

test('a folder that goes away while running is a failure from then on', async (t) => {
  const local = await openFolder(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  await rename(local.folder, `${local.folder}-away`);
  local.clock.advance(laterMs);
  await allTell(t, local.source, /^failed source-unreachable: .*ENOENT/);
  await rename(`${local.folder}-away`, local.folder);
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
});

test('a file in the place of the folder is a failure', async (t) => {
  const local = await openFolder(t);
  await rm(local.folder, { recursive: true });
  await writeFile(local.folder, '');
  await allTell(t, local.source, /^failed source-unreachable: .* is no folder \(ENOTDIR\)/);
});

test('an empty mount point in the place of packages is a failure; packages that were deleted are gone', async (t) => {
  const shared = '/dev/shm';
  const here = await temporaryDirectory(t);
  const isOther = await stat(shared).then(
    async ({ dev }) => dev !== (await stat(here)).dev,
    () => false,
  );
  if (!isOther) return void t.pass('no second file system is at hand');
  const there = await mkdtemp(join(shared, 'larder-test-'));
  t.teardown(() => rm(there, { recursive: true }));
  await writeFile(join(there, 'Alpha.1.0.0.nupkg'), makeNupkg(a('1.0.0')));
  const mountPoint = join(here, 'mount');
  const mount = async (to: string) => {
    await unlink(mountPoint).catch(() => undefined);
    await symlink(to, mountPoint);
  };
  await mount(there);
  const local = await openFolder(t, {}, { folder: mountPoint });
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);

  const empty = join(here, 'empty');
  await mkdir(empty);
  await mount(empty);
  local.clock.advance(laterMs);
  await allTell(
    t,
    local.source,
    /^failed source-unreachable: .* is empty and lies on another file system .* mount it again/,
  );

  await mount(there);
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0']);
  await rm(join(there, 'Alpha.1.0.0.nupkg'));
  t.deepEqual(await local.versionsLater('Alpha'), []);
});

/** Runs without the right to read everything, where the tests run with it. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

const testRights = process.platform === 'win32' ? test.skip : test.serial;

async function openForEveryone(t: ExecutionContext, files: Parameters<typeof openFolder>[1]) {
  const local = await openFolder(t, files);
  await chmod(dirname(local.folder), 0o755);
  t.teardown(() => chmod(local.folder, 0o755));
  return local;
}

testRights('a folder that may not be read is a failure', async (t) => {
  const local = await openForEveryone(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') });
  await chmod(local.folder, 0);
  await asNobody(() =>
    allTell(t, local.source, /^failed source-unreachable: .* may not be read by the user .*\(EACCES\): grant/),
  );
});

testRights('a file that may not be read makes the ids that it may be of a failure, and no others', async (t) => {
  const local = await openForEveryone(t, {
    'Alpha.1.0.0.nupkg': a('1.0.0'),
    'Alpha.2.0.0.nupkg': a('2.0.0'),
    'Beta.1.0.0.nupkg': { id: 'Beta', version: '1.0.0' },
  });
  await chmod(join(local.folder, 'Alpha.2.0.0.nupkg'), 0);
  await asNobody(async () => {
    t.regex(
      told(await local.source.versions(alpha, {})),
      /^failed source-unreachable: Alpha\.2\.0\.0\.nupkg may not be read/,
    );
    t.deepEqual(await local.versionsLater('Beta'), ['1.0.0']);
    t.deepEqual(await local.versionsLater('Other'), []);
  });
  t.regex(local.warnings().join('\n'), /Alpha\.2\.0\.0\.nupkg: a part of the folder cannot be read/);
  await chmod(join(local.folder, 'Alpha.2.0.0.nupkg'), 0o644);
  t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0', '2.0.0']);
});

testRights('a directory that may not be read leaves unknown what was found nowhere else', async (t) => {
  const local = await openForEveryone(t, {
    'group/Gamma.1.0.0.nupkg': { id: 'Gamma', version: '1.0.0' },
    'alpha/1.0.0/alpha.1.0.0.nupkg': a('1.0.0'),
    'alpha/2.0.0/alpha.2.0.0.nupkg': a('2.0.0'),
    'Beta.1.0.0.nupkg': { id: 'Beta', version: '1.0.0' },
  });
  await chmod(join(local.folder, 'alpha/2.0.0'), 0);
  await asNobody(async () => {
    t.regex(told(await local.source.versions(alpha, {})), /^failed source-unreachable: alpha\/2\.0\.0 may not be read/);
    t.deepEqual(await local.versionsLater('Beta'), ['1.0.0']);
    t.deepEqual(await local.versionsLater('Other'), []);
  });
  await chmod(join(local.folder, 'alpha/2.0.0'), 0o755);
  await chmod(join(local.folder, 'group'), 0);
  await asNobody(async () => {
    t.deepEqual(await local.versionsLater('Alpha'), ['1.0.0', '2.0.0']);
    t.deepEqual(await local.versionsLater('Beta'), ['1.0.0']);
    t.regex(told(await local.source.versions(other, {})), /^failed source-unreachable: group may not be read/);
  });
  await chmod(join(local.folder, 'group'), 0o755);
  t.deepEqual(await local.versionsLater('Other'), []);
  t.deepEqual(await local.versionsLater('Gamma'), ['1.0.0']);
});

test('a file system that hangs is a time-out, and those who ask again are not held up longer', async (t) => {
  const lanes = new Lanes(1);
  let release!: () => void;
  const hanging = lanes.run(() => new Promise<void>((resolve) => (release = resolve)));
  const local = await openFolder(
    t,
    { 'Alpha.1.0.0.nupkg': a('1.0.0') },
    { lanes, timeouts: { headersMs: 50, idleMs: 50 } },
  );
  await allTell(
    t,
    local.source,
    /^failed source-timeout: .*packages did not answer in time.*: look at the disk or the mount/,
  );
  const leaving = new AbortController();
  const left = local.source.versions(alpha, { signal: leaving.signal });
  leaving.abort(new Error('left'));
  await t.throwsAsync(left, { message: 'left' });
  release();
  await hanging;
  const patient = await openFolder(t, { 'Alpha.1.0.0.nupkg': a('1.0.0') }, { lanes });
  t.deepEqual(await patient.versionsLater('Alpha'), ['1.0.0']);
});
