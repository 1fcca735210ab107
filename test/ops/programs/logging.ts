import { KnownEntry } from '../../../src/ops/known-entry.js';
import { createLog, knownEntries } from '../../../src/ops/log.js';

const ending = process.argv[2];
const log = createLog({ level: 'info', format: 'json', secrets: ['hunter2-secret'] });
const write = knownEntries(log);
for (let n = 0; n < 500; n += 2) {
  write('info', new KnownEntry({ n }, 'known'), { path: '/hunter2-secret' });
  log.info({ n: n + 1, password: 'hunter2-secret' }, 'any');
}
if (ending === 'exits') process.exit(3);
if (ending === 'throws') throw new Error('nothing catches this');
