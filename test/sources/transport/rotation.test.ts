import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RotatingText } from '../../../src/ops/rotating-text.js';
import { readJson } from '../../../src/sources/transport/json-reader.js';
import { ManualClock } from '../../support/larder.js';
import { startProxy } from '../../support/proxy-server.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { serve, told, valueOf } from '../open-source.js';
import { openTransport } from '../open-transport.js';

for (const status of [401, 403])
  test(`a token that is replaced is used at once after a ${status}, by all who were refused`, async (t) => {
    const folder = await temporaryFolder(t, { token: 'old' });
    const seen: (string | undefined)[] = [];
    let accepted = 'Bearer old';
    const origin = await serve(t, (request, response) => {
      seen.push(request.headers.authorization);
      response.writeHead(request.headers.authorization === accepted ? 200 : status).end('{}');
    });
    // This clock stands still: only urgency makes it look.
    const token = new RotatingText({ text: 'old', file: join(folder, 'token'), clock: new ManualClock() });
    const transport = openTransport(t, origin, { auth: { kind: 'bearer', token }, maxConcurrent: 8 });
    const ask = () => transport.document(new URL(origin), {}, readJson);
    t.is((await ask()).kind, 'found');
    await writeFile(join(folder, 'token'), 'new\n');
    accepted = 'Bearer new';
    t.deepEqual(
      (await Promise.all(Array.from({ length: 6 }, ask))).map(({ kind }) => kind),
      Array.from({ length: 6 }, () => 'found'),
    );
    accepted = 'Bearer newer';
    seen.length = 0;
    t.regex(told(await ask()), new RegExp(`^refused source-refused: answered ${status}: it does not accept`));
    t.deepEqual(seen, ['Bearer new'], 'the same credentials are not tried twice');
  });

test('a proxy that is replaced is used from the next look on', async (t) => {
  const origin = await serve(t, (_, response) => response.end('{}'));
  const [first, second] = [await startProxy(t), await startProxy(t)];
  const folder = await temporaryFolder(t, { proxy: first.url });
  const clock = new ManualClock();
  const proxy = new RotatingText({ text: first.url, file: join(folder, 'proxy'), clock });
  const transport = openTransport(t, origin, { proxy });
  const ask = async () => valueOf(await transport.document(new URL(origin), {}, readJson));
  await ask();
  await writeFile(join(folder, 'proxy'), second.url);
  await ask();
  clock.advance(5_000);
  await ask();
  t.deepEqual([first.requests.length, second.requests.length], [2, 1]);
});

test('a host of an index that wants credentials is told with the setting that would give them to it', async (t) => {
  const elsewhere = await serve(t, (_, response) => response.writeHead(401).end());
  const origin = await serve(t, (_, response) => response.end('{}'));
  const transport = openTransport(t, origin, { auth: { kind: 'bearer', token: 'T' } });
  t.regex(
    told(await transport.document(new URL(elsewhere), {}, readJson)),
    /^refused source-refused: answered 401: 127\.0\.0\.1:\d+ wants credentials, .*sources\[\]\.auth\.hosts$/,
  );
});
