import test from 'ava';
import { PassThrough } from 'node:stream';
import { createLog, type Logger, type LogOptions } from '../../src/ops/log.js';

function written(options: Partial<LogOptions>, write: (log: Logger) => void, isTTY = false): string {
  const destination = Object.assign(new PassThrough(), { isTTY });
  write(createLog({ level: 'info', format: 'auto', ...options }, destination));
  return String(destination.read() ?? '');
}

test('one JSON line an entry, with the time and the level as a word', (t) => {
  const line = written({}, (log) => log.warn({ source: 'a' }, 'slow'));
  t.like(JSON.parse(line), { level: 'warn', source: 'a', msg: 'slow' });
  t.regex((JSON.parse(line) as { time: string }).time, /^\d{4}-\d\d-\d\dT/);
});

test('auto is pretty on a terminal; each can be asked for', (t) => {
  const say = (log: Logger) => log.info('hello');
  t.throws(() => void JSON.parse(written({}, say, true)));
  t.notThrows(() => void JSON.parse(written({ format: 'json' }, say, true)));
  t.throws(() => void JSON.parse(written({ format: 'pretty' }, say)));
  t.regex(written({ format: 'pretty' }, say), /INFO.*hello/);
});

test('entries below the level are not written', (t) => {
  t.is(
    written({ level: 'error' }, (log) => log.warn('x')),
    '',
  );
});

for (const format of ['json', 'pretty'] as const)
  test(`secrets are struck out wherever they are (${format})`, (t) => {
    const text = written({ format, secrets: ['hunter2"x', 'short'] }, (log) => {
      log.info({ headers: { Authorization: 'hunter-header', 'x-nuget-apikey': 'hunter-key' } }, 'a');
      log.info({ deep: [{ auth: { password: 'hunter-deep', token: 'hunter-token' } }] }, 'b');
      log.child({ password: 'hunter-child', auth: { token: 'hunter-child' } }).info('c');
      log.info('GET https://user:hunter-url@source.example/index.json');
      log.error(new Error('refused hunter2"x'), 'd');
      log.error({ err: new Error('x', { cause: new Error('ftp://hunter-cause@h/') }) }, 'e');
      log.info({ basic: Buffer.from('hunter2"x').toString('base64') }, 'f');
      log.info({ apiKey: 'hunter-plain', key: 'newtonsoft.json', short: 1 }, 'it is short');
    });
    t.notRegex(text, /hunter/);
    t.false(text.includes(Buffer.from('hunter2"x').toString('base64')));
    t.regex(text, /source\.example/);
    t.regex(text, /newtonsoft\.json/, 'a package’s key is no secret');
    t.regex(text, /it is short/, 'a short secret does not strike out words');
  });

test('an entry that holds itself is written', (t) => {
  const loop: Record<string, unknown> = { name: 'a' };
  loop['self'] = loop;
  t.regex(
    written({}, (log) => log.info({ loop }, 'round')),
    /round/,
  );
});
