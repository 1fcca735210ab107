import test from 'ava';
import { readWrk } from './wrk.js';

const printed = `Running 2s test @ http://127.0.0.1:4000/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.10ms  450.16us   8.11ms   80.12%
    Req/Sec    28.61k     2.12k   31.20k    70.00%
  56936 requests in 2.01s, 170.12MB read
`;
const last = 'Requests/sec:  28326.71\nTransfer/sec:     84.64MB\n';

test('requests and requests a second are read from what wrk prints', (t) => {
  t.deepEqual(readWrk(printed + last), { requests: 56_936, requestsPerSecond: 28_326.71 });
});

test('answers that were not right fail the measurement', (t) => {
  for (const trouble of [
    '  Non-2xx or 3xx responses: 12\n',
    '  Socket errors: connect 0, read 3, write 0, timeout 0\n',
  ])
    t.throws(() => readWrk(printed + trouble + last), { message: `not every answer was right: ${trouble.trim()}` });
});

test('a load without answers is no measurement', (t) => {
  t.throws(() => readWrk('unable to connect'), { message: /wrk had no answers/ });
  t.throws(() => readWrk('  0 requests in 2.00s, 0B read\nRequests/sec:      0.00\n'), {
    message: /wrk had no answers/,
  });
});
