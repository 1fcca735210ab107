import test from 'ava';
import type { ExecutionContext } from 'ava';
import { copyFile, rm, writeFile } from 'node:fs/promises';
import type { TLSSocket } from 'node:tls';
import { join } from 'node:path';
import { RotatingText } from '../../../src/ops/rotating-text.js';
import { readJson } from '../../../src/sources/transport/json-reader.js';
import { reasonOfTls } from '../../../src/sources/transport/tls-failure.js';
import type { TransportOptions } from '../../../src/sources/transport/transport.js';
import { ManualClock } from '../../support/larder.js';
import { temporaryFolder } from '../../support/temporary-folder.js';
import { certificateFile, certificateText, serveTls } from '../../support/tls-server.js';
import { told, valueOf } from '../open-source.js';
import { openTransport } from '../open-transport.js';

const ca = certificateText('authority.pem');
const clientOf = (name: string) => ({
  kind: 'certificate' as const,
  cert: certificateText(`${name}.pem`),
  key: certificateText(`${name}.key`),
});
const mutual = { requestCert: true, rejectUnauthorized: true, ca };

/** Answers with the name in the certificate that it was shown. */
const naming: Parameters<typeof serveTls>[2] = (request, response) => {
  const subject = (request.socket as TLSSocket).getPeerCertificate().subject as { CN?: string } | undefined;
  response.end(JSON.stringify({ shown: subject?.CN ?? null }));
};

async function ask(t: ExecutionContext, url: string, options: Partial<TransportOptions>) {
  return openTransport(t, url, options).document(new URL(url), {}, readJson);
}

test('an authority of ones own is trusted beside the public ones, and only where it is configured', async (t) => {
  const origin = await serveTls(t, 'server', naming);
  t.deepEqual(valueOf(await ask(t, origin, { ca })).value, { shown: null });
  for (const other of [{}, { ca: certificateText('stranger.pem') }])
    t.is(
      told(await ask(t, origin, other)),
      'failed source-unreachable: TLS failed: its certificate comes from an authority that is not trusted here; if it is yours, give its certificate as ca: file:… at this source (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
    );
});

test('several authorities may stand in one text', async (t) => {
  const origin = await serveTls(t, 'server', naming);
  t.is((await ask(t, origin, { ca: `${certificateText('stranger.pem')}\n${ca}` })).kind, 'found');
});

test('a certificate of another name, or one that has expired, is told as that', async (t) => {
  const other = await serveTls(t, 'elsewhere', naming);
  t.regex(
    told(await ask(t, other, { ca })),
    /^failed source-unreachable: TLS failed: its certificate is for another host name/,
  );
  const expired = await serveTls(t, 'expired', naming);
  t.regex(told(await ask(t, expired, { ca })), /^failed source-unreachable: TLS failed: its certificate has expired/);
});

test('a client certificate is shown, with an encrypted key too', async (t) => {
  const origin = await serveTls(t, 'server', naming, mutual);
  t.deepEqual(valueOf(await ask(t, origin, { ca, auth: clientOf('client') })).value, { shown: 'client' });
  const encrypted = { ...clientOf('client'), key: certificateText('client.encrypted.key'), passphrase: 'open-sesame' };
  t.deepEqual(valueOf(await ask(t, origin, { ca, auth: encrypted })).value, { shown: 'client' });
});

test('what a server says of our certificate is told as a matter of credentials, and a mere end with what may be behind it', (t) => {
  for (const alert of ['TLSV13_ALERT_CERTIFICATE_REQUIRED', 'TLSV1_ALERT_UNKNOWN_CA', 'SSLV3_ALERT_BAD_CERTIFICATE']) {
    const reason = reasonOfTls(`ERR_SSL_${alert}`, 's');
    t.is(reason.code, 'source-refused');
    t.true(reason.unauthorized);
    t.regex(reason.detail, /wants a client certificate, or does not accept ours .*kind: certificate/);
  }
  t.regex(reasonOfTls('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 's').detail, /if it wants a client certificate/);
});

test('trap 8: a client certificate is shown to no other origin, by redirect or by address', async (t) => {
  const elsewhere = await serveTls(t, 'server', naming, { ...mutual, rejectUnauthorized: false });
  const home = await serveTls(
    t,
    'server',
    (request, response) =>
      request.url === '/'
        ? response.writeHead(302, { location: `${elsewhere}/blob` }).end()
        : naming(request, response),
    mutual,
  );
  const transport = openTransport(t, home, { ca, auth: clientOf('client') });
  const at = async (url: string) => valueOf(await transport.document(new URL(url), {}, readJson)).value;
  t.deepEqual(await at(`${home}/own`), { shown: 'client' });
  t.deepEqual(await at(home), { shown: null });
  t.deepEqual(await at(elsewhere), { shown: null });
});

test('a client certificate and its key that are replaced are used without a restart, and not before they belong together', async (t) => {
  const folder = await temporaryFolder(t);
  const place = (name: string, kind: 'pem' | 'key') => copyFile(certificateFile(`${name}.${kind}`), join(folder, kind));
  await place('client', 'pem');
  await place('client', 'key');
  const clock = new ManualClock();
  const troubles: string[] = [];
  const rotating = (name: string) =>
    new RotatingText({ text: certificateText(`client.${name}`), file: join(folder, name), clock });
  const origin = await serveTls(t, 'server', naming, mutual);
  const transport = openTransport(t, origin, {
    ca,
    auth: { kind: 'certificate', cert: rotating('pem'), key: rotating('key') },
    onTrouble: (problem) => troubles.push(problem),
  });
  const shown = async () => valueOf(await transport.document(new URL(origin), {}, readJson)).value;
  t.deepEqual(await shown(), { shown: 'client' });
  await place('client2', 'pem');
  clock.advance(5_000);
  t.deepEqual(await shown(), { shown: 'client' });
  clock.advance(5_000);
  t.deepEqual(await shown(), { shown: 'client' });
  t.is(troubles.length, 1, 'told once');
  await place('client2', 'key');
  clock.advance(5_000);
  t.deepEqual(await shown(), { shown: 'client2' });
});

test('an authority that is replaced is looked at again as soon as TLS fails', async (t) => {
  const folder = await temporaryFolder(t, { ca: certificateText('stranger.pem') });
  const origin = await serveTls(t, 'server', naming);
  const rotating = new RotatingText({
    text: certificateText('stranger.pem'),
    file: join(folder, 'ca'),
    clock: new ManualClock(),
  });
  const transport = openTransport(t, origin, { ca: rotating });
  t.regex(told(await transport.document(new URL(origin), {}, readJson)), /an authority that is not trusted/);
  await rm(join(folder, 'ca'));
  await writeFile(join(folder, 'ca'), ca);
  t.deepEqual(valueOf(await transport.document(new URL(origin), {}, readJson)).value, { shown: null });
});
