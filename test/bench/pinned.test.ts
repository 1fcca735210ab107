import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { skipBecause } from '../support/skip-because.js';
import type { Registration } from '../support/skip-because.js';
import { canPin, loadPrefix, pinServer, readProcessors } from './pinned.js';

const testWithPin: Registration = (await canPin()) ? test : skipBecause('there is no taskset, or one processor');

testWithPin('a pinned server stays on one processor, and the load goes to another', async (t) => {
  const child = spawn('sleep', ['60']);
  t.teardown(() => child.kill());
  await once(child, 'spawn');
  await pinServer(child.pid ?? 0);
  const status = await readFile(`/proc/${child.pid ?? 0}/status`, 'utf8');
  const [, allowed = ''] = /^Cpus_allowed_list:\t(\S+)$/m.exec(status) ?? [];
  t.is(readProcessors(allowed).length, 1);
  const [command, , load] = await loadPrefix();
  t.regex(command ?? '', /\/taskset$/);
  t.notDeepEqual([Number(load)], readProcessors(allowed));
});

test('processors are read from the list that Linux writes', (t) => {
  t.deepEqual(readProcessors('0-3,8'), [0, 1, 2, 3, 8]);
  t.deepEqual(readProcessors('5'), [5]);
  t.deepEqual(readProcessors(''), []);
});
