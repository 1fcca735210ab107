import { existsSync } from 'node:fs';
import test from 'ava';
import { skipBecause } from '../support/skip-because.js';
import type { Registration } from '../support/skip-because.js';
import { processorUs } from './processor-time.js';

const testWithProc: Registration = existsSync('/proc/self/stat') ? test : skipBecause('there is no /proc/self/stat');

/** What the system counts in, and one more for its rounding. */
const stepUs = 20_000;

testWithProc('the time of a process is that of all its threads, user and system', async (t) => {
  const ownUs = () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  };
  const before = ownUs();
  const seen = await processorUs(process.pid);
  t.true(seen >= before - stepUs, `${seen} before ${before}`);
  t.true(seen <= ownUs() + stepUs, `${seen} after ${ownUs()}`);
});
