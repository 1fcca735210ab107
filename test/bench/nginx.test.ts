import test from 'ava';
import { request } from 'undici';
import { startScriptedSource } from '../support/scripted-source.js';
import { skipBecause } from '../support/skip-because.js';
import type { Registration } from '../support/skip-because.js';
import { findTool, whyMissing } from './missing-tool.js';
import { startNginx, whyNoNginx } from './nginx.js';

const reason = await whyNoNginx();
const testWithNginx: Registration = reason === undefined ? test : skipBecause(reason);

testWithNginx('nginx keeps what it fetched and names its own address in documents', async (t) => {
  const source = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0', fillerBytes: 10_000 }] });
  t.teardown(() => source.close());
  const nginx = await startNginx(source.url);
  t.teardown(() => nginx.close());
  const paths = [
    'v3/index.json',
    'v3/registration5-gz-semver2/alpha/index.json',
    'v3-flatcontainer/alpha/index.json',
    'v3-flatcontainer/alpha/1.0.0/alpha.1.0.0.nupkg',
  ];
  for (const path of paths)
    for (const headers of [{}, { 'accept-encoding': 'gzip' }]) {
      const read = async () => {
        const { statusCode, headers: sent, body } = await request(`${nginx.origin}/${path}`, { headers });
        return { statusCode, encoding: sent['content-encoding'], bytes: Buffer.from(await body.arrayBuffer()) };
      };
      const first = await read();
      t.is(first.statusCode, 200, path);
      const isCompressed = path.endsWith('.json') && 'accept-encoding' in headers;
      t.is(first.encoding, isCompressed ? 'gzip' : undefined, path);
      if (!isCompressed && path.startsWith('v3/')) {
        t.true(first.bytes.includes(nginx.origin), path);
        t.false(first.bytes.includes(source.origin), path);
      }
      const fetched = source.requests.length;
      t.deepEqual((await read()).bytes, first.bytes, path);
      t.is(source.requests.length, fetched, path);
    }
  const [packagePath = ''] = paths.slice(-1);
  t.is(source.count(packagePath), 1);
});

test.serial('a tool that is not installed is named with the package that holds it', async (t) => {
  const path = process.env['PATH'];
  process.env['PATH'] = '';
  t.teardown(() => (process.env['PATH'] = path));
  t.is(await findTool('wrk'), undefined);
  t.is(await whyMissing('wrk'), 'wrk is missing: apt-get install wrk');
});
