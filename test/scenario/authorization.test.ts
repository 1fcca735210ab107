import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { serve } from '../../src/compose.js';
import { loadConfig } from '../../src/config/load.js';
import { createLog } from '../../src/ops/log.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { getter, ManualClock, startLarder } from '../support/larder.js';
import { startProxy } from '../support/proxy-server.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSourceOptions } from '../support/scripted-source.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { certificateText, serveTls } from '../support/tls-server.js';

const paths = [
  'v3/flat/alpha/index.json',
  'v3/registration-semver2/alpha/index.json',
  'v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg',
  'v3/flat/alpha/1.0.0/alpha.nuspec',
];

async function startPrivate(t: ExecutionContext, requires?: ScriptedSourceOptions['requires']) {
  const source = await startScriptedSource({
    packages: [{ id: 'Alpha', version: '1.0.0' }],
    ...(requires && { requires }),
  });
  t.teardown(() => source.close());
  return source;
}

/** A log and what was written to it. */
function openLog(): { log: ReturnType<typeof createLog>; lines: () => Record<string, unknown>[] } {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (piece: Buffer) => (text += piece.toString()));
  return {
    log: createLog({ level: 'info', format: 'json' }, stream),
    lines: () =>
      text
        .trim()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

for (const status of [401, 403])
  test(`trap 10: a ${status} of a source reaches clients as 502 with what to do, on every path, and is logged once`, async (t) => {
    const source = await startPrivate(t);
    source.fault('', { status });
    const { log, lines } = openLog();
    const larder = await startLarder(t, { sources: { internal: source }, log, clock: new ManualClock() });
    for (const path of [...paths, ...paths]) {
      const got = await larder.get(path);
      t.is(got.status, 502, path);
      t.is(got.headers['www-authenticate'], undefined);
      const problem = got.json<{ code: string; source: string; detail: string }>();
      t.is(problem.code, 'source-refused');
      t.is(problem.source, 'internal');
      t.regex(problem.detail, /^internal: answered 40[13]: it wants credentials, .*sources\[\]\.auth/);
    }
    const told = lines().filter(({ level, msg }) => level === 'warn' && /sources\[\]\.auth/.test(String(msg)));
    t.is(told.length, 1, JSON.stringify(lines()));
    t.is(told[0]?.['source'], 'internal');
  });

test('a 401 of the packages alone is told too', async (t) => {
  const source = await startPrivate(t);
  source.fault('.nupkg', { status: 401 });
  const larder = await startLarder(t, { sources: { internal: source } });
  t.is((await larder.get(paths[0] as string)).status, 200);
  const got = await larder.get(paths[2] as string);
  t.is(got.status, 502);
  t.is(got.json<{ code: string }>().code, 'source-refused');
});

test('what is kept is served while a source refuses our credentials', async (t) => {
  const source = await startPrivate(t);
  const clock = new ManualClock();
  const larder = await startLarder(t, { sources: { internal: source }, clock });
  for (const path of paths) t.is((await larder.get(path)).status, 200);
  source.fault('', { status: 401 });
  clock.advance(3_600_000);
  for (const path of paths) t.is((await larder.get(path)).status, 200, path);
  const list = await larder.get(paths[0] as string);
  t.is(list.headers['x-cache'], 'STALE');
  t.regex(String(list.headers['x-nuget-warning']), /internal: answered 401/);
});

test('trap 23: what was had with credentials is private to shared caches, whatever the kind', async (t) => {
  const header = { basic: 'authorization', bearer: 'authorization', apiKey: 'x-key' } as const;
  const value = { basic: `Basic ${Buffer.from('u:pass-word').toString('base64')}`, bearer: 'Bearer tok', apiKey: 'k' };
  const auth = {
    basic: { kind: 'basic', username: 'u', password: 'pass-word' },
    bearer: { kind: 'bearer', token: 'tok' },
    apiKey: { kind: 'apiKey', header: 'X-Key', key: 'k' },
  };
  for (const kind of ['basic', 'bearer', 'apiKey'] as const) {
    const source = await startPrivate(t, { header: header[kind], value: value[kind] });
    const larder = await startLarder(t, { sources: { internal: source }, source: { auth: auth[kind] } });
    for (const path of [...paths, ...paths]) {
      const got = await larder.get(path);
      t.is(got.status, 200, `${kind} ${path}`);
      t.regex(String(got.headers['cache-control']), /^private\b/, `${kind} ${path}`);
    }
  }
});

test('trap 33: http addresses in the index of a source reached over https are never asked, with or without credentials', async (t) => {
  const source = await startPrivate(t);
  const origin = await serveTls(t, 'server', (_, response) => {
    const resources = [{ '@id': `${source.origin}/flat/`, '@type': 'PackageBaseAddress/3.0.0' }];
    response.end(JSON.stringify({ version: '3.0.0', resources }));
  });
  const ca = certificateText('authority.pem');
  for (const auth of [{ kind: 'none' }, { kind: 'bearer', token: 'T' }]) {
    const larder = await startLarder(t, { sources: { internal: `${origin}/index.json` }, source: { ca, auth } });
    const got = await larder.get(paths[0] as string);
    t.is(got.status, 502);
    t.regex(got.text(), /internal: is configured with https and names an http address/);
  }
  t.is(source.requests.length, 0);
});

test('secrets in files are used when they are replaced, and neither old nor new ones are ever logged or told', async (t) => {
  const proxy = await startProxy(t, { wants: `Basic ${Buffer.from('us:proxy-hunter2').toString('base64')}` });
  const requires = { header: 'authorization', value: `Basic ${Buffer.from('me:old-hunter2').toString('base64')}` };
  const source = await startPrivate(t, requires);
  const folder = await temporaryFolder(t, {
    password: 'old-hunter2\n',
    proxy: proxy.url.replace('://', '://us:proxy-hunter2@'),
    'larder.yaml': [
      'listen: { port: 0 }',
      'log: { format: json, level: trace }',
      'prefetch: { closure: false }',
      'sources:',
      '  - name: internal',
      `    url: ${source.url}`,
      '    proxy: file:proxy',
      '    auth: { kind: basic, username: me, password: "file:password" }',
    ].join('\n'),
  });
  const { config } = await loadConfig({ config: join(folder, 'larder.yaml') }, {});
  let written = '';
  const logTo = new PassThrough();
  logTo.on('data', (piece: Buffer) => (written += piece.toString()));
  const larder = await serve(config, '0.0.0-test', { store: new MemoryStore(), logTo, clock: new ManualClock() });
  t.teardown(() => larder.shutdown());
  const get = getter(t, larder.url);
  const answers: string[] = [];
  const ask = async (path: string) => {
    const got = await get(path);
    answers.push(`${got.reason} ${JSON.stringify(got.headers)} ${got.text()}`);
    return got.status;
  };
  t.is(await ask(paths[0] as string), 200);
  t.true(proxy.requests.length > 0);
  Object.assign(requires, { value: `Basic ${Buffer.from('me:new-hunter2').toString('base64')}` });
  t.is(await ask(paths[1] as string), 502, 'the old one is refused and nothing else is there');
  await writeFile(join(folder, 'password'), 'new-hunter2\n');
  t.is(await ask(paths[1] as string), 200);
  t.regex(written, /was replaced/);
  await writeFile(join(folder, 'password'), '');
  source.fault('', { status: 401 });
  t.is(await ask('v3/flat/beta/index.json'), 502);
  t.regex(written, /is empty: the last good value is used on/);
  await writeFile(join(folder, 'proxy'), proxy.url.replace('://', '://us:wrong-hunter2@'));
  t.is(await ask('v3/flat/gamma/index.json'), 503);
  t.regex(answers.at(-1) ?? '', /the proxy http:\/\/127\.0\.0\.1:\d+ wants credentials/);
  const everything = written + answers.join();
  t.notRegex(everything, /hunter2/);
  for (const pair of ['me:old-hunter2', 'me:new-hunter2', 'us:proxy-hunter2', 'us:wrong-hunter2'])
    t.false(everything.includes(Buffer.from(pair).toString('base64')), pair);
});
