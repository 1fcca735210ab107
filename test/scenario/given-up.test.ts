import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import type { IncomingPackage, PackageStore, Store } from '../../src/feed/store.js';
import { createLog } from '../../src/ops/log.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';

/** The same store, on a disk that takes its time to let go of what is given up. */
function lettingGoSlowly(store: MemoryStore): Store {
  const slowly = <T extends object>(target: T, name: string, changed: (member: () => unknown) => unknown): T =>
    new Proxy(target, {
      get(_, asked) {
        const member: unknown = Reflect.get(target, asked, target);
        const bound = typeof member === 'function' ? (member.bind(target) as () => unknown) : member;
        return asked === name ? changed(bound as () => unknown) : bound;
      },
    });
  const slowAbort = (incoming: IncomingPackage) =>
    slowly(incoming, 'abort', (abort) => async () => {
      await abort();
      await sleep(100);
    });
  const packages: PackageStore = slowly(
    store.packages,
    'begin',
    (begin) => () => slowAbort(begin() as IncomingPackage),
  );
  return slowly(store as Store, 'packages', () => packages);
}

test('who follows a download that is given up hears why, and not that its bytes are gone', async (t) => {
  const source = await startScriptedSource({
    packages: [{ id: 'Large', version: '1.0.0', fillerBytes: 900_000 }],
    // Nothing to resume by.
    traits: { validators: false },
  });
  t.teardown(() => source.close());
  const logged: string[] = [];
  const stream = new Writable({
    write(line: Buffer, _, done) {
      logged.push(line.toString());
      done();
    },
  });
  const log = createLog({ level: 'error', format: 'json' }, stream);
  const larder = await startLarder(t, { sources: { origin: source }, store: lettingGoSlowly(new MemoryStore()), log });
  source.fault('.nupkg', 'reset mid-body');
  const answers = await Promise.allSettled(
    Array.from({ length: 5 }, () => larder.get('v3/flat/large/1.0.0/large.1.0.0.nupkg')),
  );
  for (const answer of answers)
    if (answer.status === 'fulfilled') t.true([502, 503].includes(answer.value.status), String(answer.value.status));
  t.deepEqual(
    logged.filter((line) => line.includes('an error of our own')),
    [],
  );
});
