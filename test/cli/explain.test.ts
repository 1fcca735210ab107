import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { explanationSchema, statusSchema } from '../../src/http/api/schemas.js';
import { getter } from '../support/larder.js';
import { startLarderProcess } from '../support/larder-process.js';
import { runLarder } from '../support/run-larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function start(t: ExecutionContext) {
  const source = await startScriptedSource({
    packages: [
      { id: 'Alpha', version: '1.0.0' },
      { id: 'Alpha', version: '2.0.0-rc.1' },
    ],
  });
  t.teardown(() => source.close());
  const config = `store: { path: ${JSON.stringify('data')} }
sources:
  - { name: house, url: ${source.url}, packages: ['Corp.*'] }
  - { name: origin, url: ${source.url} }
freshness: { versions: 1h, registration: 1h, missing: 1h }
`;
  return { source, folder: await temporaryFolder(t, { 'config/larder.yaml': config }) };
}

test('beside a running server and on the stopped store the answer is the same', async (t) => {
  t.timeout(240_000);
  const { source, folder } = await start(t);
  const server = await startLarderProcess([], { cwd: folder });
  t.teardown(() => server.kill());
  t.is((await getter(t, server.url)('v3/flat/alpha/1.0.0/alpha.1.0.0.nupkg')).status, 200);
  const questions = [['Alpha', '1.0'], ['alpha'], ['Nobody'], ['Corp.None', '3.0.0']];
  const ask = async (question: readonly string[]) => {
    const { code, stdout, stderr } = await runLarder(['explain', ...question, '--json'], folder);
    t.is(code, 0, stderr);
    t.is(stderr, '');
    return explanationSchema.parse(JSON.parse(stdout));
  };
  const beside: unknown[] = [];
  for (const question of questions) beside.push(await ask(question));
  t.like(beside[0], { version: '1.0.0', served: true, owner: 'origin', cached: true });
  t.like(beside[2], { served: false });
  const stats = await runLarder(['stats', '--json'], folder);
  const running = statusSchema.parse(JSON.parse(stats.stdout));
  t.like(running, { packages: 1, versions: 1 });
  t.true(running.requests > questions.length, "the server's own numbers");

  t.is(await server.stop(), 0);
  const asked = source.requests.length;
  for (const [i, question] of questions.entries()) t.deepEqual(await ask(question), beside[i], question.join(' '));
  t.true(
    source.requests.slice(asked).every(({ path }) => !path.includes('index.json') || path === '/v3/index.json'),
    'what is fresh in the store is not asked again',
  );
  const stopped = statusSchema.parse(JSON.parse((await runLarder(['stats', '--json'], folder)).stdout));
  t.like(stopped, { packages: 1, versions: 1, bytes: running.bytes, requests: 0 });
});

test('for people: a sentence first, then who said what', async (t) => {
  t.timeout(240_000);
  const { folder } = await start(t);
  const { code, stdout } = await runLarder(['explain', 'Alpha', '1.0.0'], folder);
  t.is(code, 0);
  const lines = stdout.split('\n');
  t.is(lines[0], 'Alpha 1.0.0 is served by the feed default: origin has it; it is fetched when it is first asked for.');
  t.regex(lines[2] ?? '', /^Source {2}Said {7}When {22}In words$/);
  t.regex(lines[3] ?? '', /^house {3}not asked {2}- {25}may not be asked for it$/);
  t.is(lines[4], '        may not be asked: none of its patterns matches; the longest that does is * of origin');
  t.regex(lines[5] ?? '', /^origin {2}found {6}\d{4}-.{18}Z {2}lists 1\.0\.0 among 2 versions$/);
  t.true(lines.includes('  from    origin'));
  t.regex(stdout, /^ {2}sha512 {2}\S{88}$/m);

  const all = (await runLarder(['explain', 'alpha'], folder)).stdout;
  t.regex(all, /^Versions:\n {2}2\.0\.0-rc\.1 {2}from origin\n {2}1\.0\.0 {7}from origin/m);
  t.is((await runLarder(['explain', 'alpha', '--quiet'], folder)).stdout, '');
  t.regex((await runLarder(['stats'], folder)).stdout, /^packages {10}0$/m);
});

test('--offline asks nobody', async (t) => {
  const { source, folder } = await start(t);
  const { code, stdout } = await runLarder(['explain', 'alpha', '--offline', '--json'], folder);
  t.is(code, 0);
  t.false(explanationSchema.parse(JSON.parse(stdout)).served);
  t.is(source.requests.length, 0);
});

for (const args of [
  ['explain'],
  ['explain', 'a..b'],
  ['explain', 'Alpha', 'one'],
  ['explain', 'Alpha', '1.0', 'more'],
  ['stats', 'more'],
])
  test(`larder ${args.join(' ')} is wrong usage and ends with 2`, async (t) => {
    const { code, stdout, stderr } = await runLarder(args, await temporaryFolder(t));
    t.is(code, 2);
    t.is(stdout, '');
    t.not(stderr, '');
  });

test('a feed that is not there ends with 1, the same beside a server', async (t) => {
  t.timeout(240_000);
  const { folder } = await start(t);
  const stopped = await runLarder(['explain', 'alpha', '--feed', 'none'], folder);
  const server = await startLarderProcess([], { cwd: folder });
  t.teardown(() => server.kill());
  const running = await runLarder(['explain', 'alpha', '--feed', 'none'], folder);
  t.deepEqual(stopped, { code: 1, stdout: '', stderr: 'larder: there is no feed "none"\n' });
  t.deepEqual(running, stopped);
});

/** A server that wants a key, named as the owner of a store that is really taken. */
async function guarded(t: ExecutionContext) {
  const { folder } = await start(t);
  const server = await startLarderProcess([], { cwd: folder });
  t.teardown(() => server.kill());
  const sent: (string | undefined)[] = [];
  const gate = createServer((request, response) => {
    sent.push(request.headers.authorization);
    const key = Buffer.from(request.headers.authorization?.slice(6) ?? '', 'base64').toString();
    if (key === 'larder:good-key') response.end('{"version":"1","packages":7,"prefetch":{}}');
    else response.writeHead(key.includes('weak') ? 403 : 401, { 'WWW-Authenticate': 'Basic realm="Larder"' }).end();
  });
  await new Promise<void>((resolve) => gate.listen(0, '127.0.0.1', resolve));
  t.teardown(() => gate.close());
  const origin = `http://127.0.0.1:${(gate.address() as AddressInfo).port}`;
  const file = join(folder, 'data/owner.json');
  const { token: _, ...owner } = JSON.parse(await readFile(file, 'utf8')) as { token: string };
  await writeFile(file, JSON.stringify({ ...owner, url: `${origin}/` }));
  return { folder, origin, sent };
}

test('a server that wants a key is told so in the next step, and the key is never printed', async (t) => {
  t.timeout(240_000);
  const { folder, origin, sent } = await guarded(t);
  const run = async (args: readonly string[], variables: Readonly<Record<string, string>> = {}) => {
    const { code, stdout, stderr } = await runLarder(['stats', ...args], folder, variables);
    t.false(`${stdout}${stderr}`.includes('good-key'), 'the key is not printed');
    return [code, stdout.trim() || stderr.trim()];
  };
  t.deepEqual(await run([]), [
    1,
    `larder: the server at ${origin} wants an access key: set LARDER_KEY, or give it with --key`,
  ]);
  t.is(sent.at(-1), undefined);
  t.deepEqual(await run(['--key', 'bad']), [1, `larder: the server at ${origin} does not accept the access key given`]);
  t.deepEqual(await run(['--key', 'weak']), [
    1,
    `larder: the access key given is not allowed to ask the server at ${origin} this`,
  ]);
  t.is((await run([], { LARDER_KEY: 'good-key' }))[0], 0);
  t.is((await run(['--key', 'good-key'], { LARDER_KEY: 'other' }))[0], 0);
});

test('an owner that does not answer is named', async (t) => {
  t.timeout(240_000);
  const { folder } = await guarded(t);
  const file = join(folder, 'data/owner.json');
  await writeFile(file, JSON.stringify({ pid: 1, host: 'x', startedAt: '', url: 'http://127.0.0.1:9/' }));
  const { code, stderr } = await runLarder(['stats'], folder);
  t.is(code, 1);
  t.regex(stderr, /^larder: the server at http:\/\/127\.0\.0\.1:9, which owns the store, does not answer: .*refused/i);
});
