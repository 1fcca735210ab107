import test from 'ava';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import type { Fault } from '../../support/scripted-source.js';
import { openScripted, shortTimeouts, told, valueOf } from '../open-source.js';

const identity = PackageIdentity.parse('Alpha', '1.0.0');
const script = { packages: [{ id: 'Alpha', version: '1.0.0' }] };
const places = { 'its service index': '/v3/index.json', 'the document itself': /flatcontainer|registration5/ };

const cases: [name: string, fault: Fault, told: RegExp][] = [
  ['404', { status: 404 }, /^missing$/],
  ['410', { status: 410 }, /^missing$/],
  ['204', { status: 204 }, /^missing$/],
  ['401', { status: 401, body: 'who are you' }, /^refused source-refused: answered 401: it wants credentials/],
  ['403', { status: 403 }, /^refused source-refused: answered 403: it wants credentials/],
  ['400', { status: 400 }, /^refused source-refused: answered 400$/],
  ['421 with text', { status: 421, body: 'Misdirected' }, /^refused source-refused: answered 421$/],
  ['429', { status: 429 }, /^failed source-failed: answered 429$/],
  ['500', { status: 500 }, /^failed source-failed: answered 500$/],
  ['503', { status: 503, headers: { 'retry-after': '1' } }, /^failed source-failed: answered 503$/],
  ['a closed connection', 'refuse', /^failed source-unreachable: connection (closed by the source|reset)$/],
  ['silence', 'hang', /^failed source-timeout: no answer within 1.5 s$/],
  ['silence in the middle', 'hang mid-body', /^failed source-timeout: the answer stood still for 1.5 s$/],
  ['a reset in the middle', 'reset mid-body', /^failed source-unreachable: connection (reset|closed by the source)$/],
  ['fewer bytes than announced', 'truncate', /^failed source-unreachable: connection closed by the source$/],
  [
    'half a document',
    'half',
    /^(refused source-refused: its answer is JSON that ends in the middle|failed source-failed: its gzip answer ends in the middle)$/,
  ],
  ['an HTML page', 'html', /^refused source-refused: its answer is an HTML page, not JSON$/],
  ['nonsense', 'garbage', /^refused source-refused: its answer is not (a JSON object|the gzip that it says)$/],
  ['an empty body', { status: 200 }, /^refused source-refused: its answer is empty$/],
  ['a list', { status: 200, body: '[]' }, /^refused source-refused: its answer is not a JSON object$/],
  ['another language', 'not http', /^failed source-failed: its answer is not HTTP$/],
  [
    'an unknown encoding',
    { status: 200, headers: { 'content-encoding': 'x' } },
    /^refused source-refused: its answer has a Content-Encoding/,
  ],
];

for (const [place, pattern] of Object.entries(places))
  for (const [name, fault, expected] of cases)
    test(`${name} from ${place} is told as what it is`, async (t) => {
      const { server, source } = await openScripted(t, script, { timeouts: shortTimeouts });
      server.fault(pattern, fault);
      const isIndexMissing = place === 'its service index' && expected.test('missing');
      const wanted = isIndexMissing
        ? /^refused source-refused: has no service index at its address, or hides it from strangers: sources\[\]\.auth$/
        : expected;
      t.regex(told(await source.versions(identity.id, {})), wanted);
      t.regex(told(await source.registration(identity.id, {})), wanted);
      const asked = place === 'its service index' ? await source.download(identity, {}) : undefined;
      if (asked !== undefined) t.regex(told(asked), wanted);
    });

test('a source that is gone is unreachable, and serves again when it is back', async (t) => {
  const { server, source } = await openScripted(t, script);
  await server.close();
  t.is(told(await source.versions(identity.id, {})), 'failed source-unreachable: connection refused');
  await server.reopen();
  t.is(valueOf(await source.versions(identity.id, {})).value.versions.length, 1);
  await server.close();
  t.is(told(await source.versions(identity.id, {})), 'failed source-unreachable: connection refused');
});

test('an index that offers nothing of use is refused', async (t) => {
  const { source } = await openScripted(t, { traits: { flatContainer: false, registrationTypes: [] } });
  t.is(
    told(await source.versions(identity.id, {})),
    'refused source-refused: its service index offers neither packages nor registrations',
  );
});

test('an index that drips for ever comes to an end, for those who wait without a signal too', async (t) => {
  const { server, source } = await openScripted(t, script, { timeouts: { headersMs: 500, idleMs: 500 } });
  server.fault('/v3/index.json', { dripBytesPerSecond: 20 });
  t.is(told(await source.versions(identity.id, {})), 'failed source-timeout: its service index did not come to an end');
});

test('credentials are sent, and never told when they are refused', async (t) => {
  const requires = { header: 'authorization', value: 'Bearer right-secret' };
  const right = await openScripted(t, { ...script, requires }, { auth: { kind: 'bearer', token: 'right-secret' } });
  valueOf(await right.source.versions(identity.id, {}));
  const wrong = await openScripted(t, { ...script, requires }, { auth: { kind: 'bearer', token: 'wrong-secret' } });
  const answer = told(await wrong.source.versions(identity.id, {}));
  t.regex(answer, /^refused source-refused: answered 401/);
  t.notRegex(answer, /secret/);
});

test('an aborted question throws the reason of its signal, wherever it was', async (t) => {
  const { server, source } = await openScripted(t, script);
  valueOf(await source.versions(identity.id, {}));
  server.fault('', 'hang');
  const reason = new Error('no time left');
  for (const ask of ['versions', 'registration'] as const)
    await t.throwsAsync(source[ask](identity.id, { signal: abortingSoon(reason) }), { is: reason });
  for (const ask of ['download', 'publishedHash'] as const)
    await t.throwsAsync(source[ask](identity, { signal: abortingSoon(reason) }), { is: reason });
});

function abortingSoon(reason: Error): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 30);
  return controller.signal;
}
