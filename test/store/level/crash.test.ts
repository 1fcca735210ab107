import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cp, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { StoreInUseError } from '../../../src/feed/store.js';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import { openLevelStore } from '../../../src/store/level/open-level-store.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

const program = fileURLToPath(new URL('store-ingest-process.js', import.meta.url));

function start(t: ExecutionContext, ...args: string[]): { child: ChildProcess; lines: AsyncIterable<string> } {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout }) };
}

test('killed in the middle of taking in packages, ten times, the store loses nothing it acknowledged', async (t) => {
  const path = await temporaryDirectory(t);
  const acknowledged = new Map<string, string>();
  for (let round = 0; round < 10; round++) {
    const { child, lines } = start(t, path, 'ingest');
    const exited = once(child, 'exit');
    let inThisRound = 0;
    for await (const line of lines) {
      const [id, version, sha512] = line.split(' ');
      if (version === undefined || sha512 === undefined) continue;
      acknowledged.set(`${id} ${version}`, sha512);
      if (++inThisRound === 5 + 3 * round) child.kill('SIGKILL');
    }
    await exited;
    t.true(inThisRound >= 5 + 3 * round);
  }
  const store = await openLevelStore(path, { now: Date.now });
  t.teardown(() => store.close());
  for (const [name, sha512] of acknowledged) {
    const [id, version] = name.split(' ');
    const row = await store.packages.find(PackageIdentity.parse(id!, version!));
    t.is(row?.sha512, sha512, name);
  }
  let kept = 0;
  for await (const row of store.packages.list()) {
    const hash = createHash('sha512');
    for await (const piece of (await store.packages.open(row)).stream()) hash.update(piece);
    t.is(hash.digest('base64'), row.sha512, row.identity.key);
    kept++;
  }
  t.true(kept >= acknowledged.size);
  t.is((await store.stats()).versions, kept);
});

test('stopped anywhere in the middle of evicting, what is on disk has every package that was acknowledged, or its pin', async (t) => {
  t.timeout(120_000);
  const path = await temporaryDirectory(t);
  const { child, lines } = start(t, path, 'churn');
  const acknowledged = new Map<string, string>();
  const copies: { readonly path: string; readonly acknowledged: ReadonlyMap<string, string> }[] = [];
  let count = 0;
  for await (const line of lines) {
    const [id, version, sha512] = line.split(' ');
    if (version === undefined || sha512 === undefined) continue;
    acknowledged.set(`${id} ${version}`, sha512);
    // From when on it evicts, at odd moments.
    if (++count < 100 || count % 23 !== 0) continue;
    await new Promise((resolve) => setTimeout(resolve, count % 11));
    // Frozen, its files are what a crash at this moment would leave.
    child.kill('SIGSTOP');
    const known = new Map(acknowledged);
    const copy = `${path}-${copies.length}`;
    t.teardown(() => rm(copy, { recursive: true, force: true }));
    await cp(path, copy, { recursive: true });
    child.kill('SIGCONT');
    copies.push({ path: copy, acknowledged: known });
    if (copies.length === 8) break;
  }
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  let dropped = 0;
  for (const copy of copies) {
    const store = await openLevelStore(copy.path, { now: Date.now });
    try {
      let kept = 0;
      for (const [name, sha512] of copy.acknowledged) {
        const [id, version] = name.split(' ');
        const identity = PackageIdentity.parse(id!, version!);
        const row = await store.packages.find(identity);
        t.is((await store.packages.pinOf(identity))?.sha512, sha512, name);
        if (version!.endsWith('00')) t.truthy(row, `${name} may not be evicted`);
        if (row !== undefined) kept++;
      }
      if (kept < copy.acknowledged.size) dropped++;
      for await (const row of store.packages.list()) {
        const hash = createHash('sha512');
        for await (const piece of (await store.packages.open(row)).stream()) hash.update(piece);
        t.is(hash.digest('base64'), row.sha512, row.identity.key);
      }
    } finally {
      await store.close();
    }
  }
  t.is(dropped, copies.length, 'each copy was taken after something was evicted');
});

test('trap 31: a second process is refused and told who owns the store', async (t) => {
  const path = await temporaryDirectory(t);
  const { child, lines } = start(t, path, 'idle');
  for await (const line of lines) if (line === 'open') break;
  const error = await t.throwsAsync(() => openLevelStore(path, { now: Date.now }), { instanceOf: StoreInUseError });
  t.true(error?.message.includes(path));
  t.true(error?.message.includes(`process ${child.pid} `));
  t.true(error?.message.includes('http://127.0.0.1:6848'));
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  const store = await openLevelStore(path, { now: Date.now });
  await store.close();
});

test('a second opening in the same process is refused too', async (t) => {
  const path = await temporaryDirectory(t);
  const store = await openLevelStore(path, { now: Date.now });
  t.teardown(() => store.close());
  const error = await t.throwsAsync(() => openLevelStore(path, { now: Date.now }), { instanceOf: StoreInUseError });
  t.true(error?.message.includes(`process ${process.pid} `));
});
