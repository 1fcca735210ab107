import test from 'ava';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startFailure } from '../../src/cli/start-failure.js';
import { configSchema } from '../../src/config/schema.js';
import { StoreInUseError } from '../../src/feed/store.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const configOf = (input: object) => configSchema.parse(input);

async function listenError(host: string, port: number): Promise<Error> {
  const server = createServer().listen(port, host);
  const [error] = (await once(server, 'error')) as [Error];
  return error;
}

test('a port in use is named with the way out', async (t) => {
  const first = createServer().listen(0, '127.0.0.1');
  t.teardown(() => first.close());
  await once(first, 'listening');
  const { port } = first.address() as AddressInfo;
  const line = startFailure(await listenError('127.0.0.1', port), configOf({ listen: { port } }));
  t.regex(line, new RegExp(`^127\\.0\\.0\\.1:${port} is in use by another process.*--port`));
});

test('an address of another machine is named', async (t) => {
  const line = startFailure(await listenError('192.0.2.1', 0), configOf({ listen: { host: '192.0.2.1' } }));
  t.regex(line, /^192\.0\.2\.1 is no address of this machine/);
});

test('a store that another process owns is told in that error’s words', (t) => {
  const error = new Error('cannot open', { cause: new StoreInUseError('the store /d is used by process 7 on host h') });
  t.is(
    startFailure(error, configOf({})),
    'the store /d is used by process 7 on host h. Stop that process, or choose another folder with --data or store.path',
  );
});

test('a path below a file is named', async (t) => {
  const folder = await temporaryFolder(t, { file: '' });
  const path = join(folder, 'file/data');
  const error: unknown = await mkdir(path, { recursive: true }).catch((error: unknown) => error);
  t.is(
    startFailure(error, configOf({ store: { path } })),
    `the store's path ${path} is no folder (ENOTDIR). Move the file away that is in its place, or choose another folder with --data or store.path`,
  );
});

for (const code of ['EACCES', 'EROFS'])
  test(`a folder that cannot be written (${code}) is named`, (t) => {
    const error = Object.assign(new Error(`${code}: mkdir '/data'`), { code, syscall: 'mkdir' });
    t.regex(
      startFailure(error, configOf({ store: { path: '/data' } })),
      /^the store's folder \/data cannot be written/,
    );
  });

test('what is not known keeps its stack', (t) => {
  t.regex(startFailure(new Error('a fault of ours'), configOf({})), /^Error: a fault of ours\n\s+at /);
});
