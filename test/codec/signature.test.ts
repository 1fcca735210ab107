import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import test from 'ava';
import { zipSync } from 'fflate';

import { bufferSource } from '../../src/codec/byte-source.js';
import { isAsSigned, readSignature } from '../../src/codec/signature.js';
import type { PackageSignature, UnreadableSignature } from '../../src/codec/signature.js';
import { readZipDirectory } from '../../src/codec/zip-directory.js';
import { makeSignature, signatureText, signPackage, withSignature } from '../support/signed-package.js';
import { skipBecause } from '../support/skip-because.js';
import type { Registration } from '../support/skip-because.js';
import { directoryOffset, nupkg, recordingSource, text } from './zipped.js';

/** Its bytes depend on the time at which it is made. */
const unsigned = nupkg();

type Read = PackageSignature | UnreadableSignature | undefined;

async function read(bytes: Buffer): Promise<{ signature: Read; holds: boolean | undefined }> {
  const source = bufferSource(bytes);
  const directory = await readZipDirectory(source);
  const signature = await readSignature(source, directory);
  if (signature === undefined || 'why' in signature) return { signature, holds: undefined };
  return { signature, holds: await isAsSigned(source, directory, signature) };
}

function readable(signature: Read): PackageSignature {
  if (signature === undefined || 'why' in signature) throw new Error(signature?.why ?? 'no signature');
  return signature;
}

const why = (signature: Read) => (signature && 'why' in signature ? signature.why : 'readable');

for (const algorithm of ['sha256', 'sha384', 'sha512'] as const)
  for (const by of ['author', 'repository', 'countersigned'] as const)
    test(`a package signed by ${by} over ${algorithm} is as it was signed`, async (t) => {
      const { signature, holds } = await read(await signPackage(unsigned, { algorithm, by }));
      t.true(holds);
      t.like(readable(signature), { isRepositorySigned: by !== 'author', signed: { algorithm } });
    });

test('the hash is that of the package without its signature, wherever that lies', async (t) => {
  t.true((await read(await signPackage(unsigned, { isFirst: true }))).holds);
});

test('a package larger than many pieces is hashed piece by piece, in order', async (t) => {
  const filler = Buffer.alloc(3_000_000, 'x');
  const source = recordingSource(await signPackage(nupkg({ 'content/filler.bin': [filler, { level: 0 }] })));
  const directory = await readZipDirectory(source);
  const signature = readable(await readSignature(source, directory));
  source.reads.length = 0;
  t.true(await isAsSigned(source, directory, signature));
  t.true(source.reads.every(({ length }) => length <= 256 * 1024));
  const bulk = source.reads.filter(({ offset }) => offset < directory.offset && offset > 0);
  t.true(bulk.every(({ offset }) => offset % (256 * 1024) === 0));
});

test('it can be given up', async (t) => {
  const source = bufferSource(
    await signPackage(nupkg({ 'content/filler.bin': [Buffer.alloc(2_000_000), { level: 0 }] })),
  );
  const directory = await readZipDirectory(source);
  const signature = readable(await readSignature(source, directory));
  await t.throwsAsync(isAsSigned(source, directory, signature, AbortSignal.abort(new Error('enough'))), {
    message: 'enough',
  });
});

test('one bit changed anywhere outside the signature shows', async (t) => {
  const signed = await signPackage(unsigned);
  const signatureStart = signed.indexOf('.signature.p7s') - 30;
  const directory = directoryOffset(signed);
  let seen = 0;
  for (let at = 30; at < signatureStart; at += 41) {
    const copy = Buffer.from(signed);
    copy[at] = (copy[at] ?? 0) ^ 1;
    const source = bufferSource(copy);
    t.false(
      await isAsSigned(source, await readZipDirectory(source), readable((await read(signed)).signature)),
      `${at}`,
    );
    seen++;
  }
  t.true(seen > 3);
  const dated = Buffer.from(signed);
  dated[directory + 12] = (dated[directory + 12] ?? 0) ^ 1;
  t.false((await read(dated)).holds, 'the date in a directory header');
});

test('a package with one entry more than was signed is not as it was signed', async (t) => {
  const signature = await makeSignature(signatureText(unsigned));
  t.false((await read(withSignature(nupkg({ 'tools/install.ps1': text('evil') }), signature))).holds);
});

test('a package without a signature has none, nor has one whose signature is compressed or lies elsewhere', async (t) => {
  t.is((await read(unsigned)).signature, undefined);
  t.is((await read(nupkg({ '.signature.p7s': text('x'.repeat(1000)) }))).signature, undefined);
  t.is((await read(nupkg({ 'a/.signature.p7s': [text('x'), { level: 0 }] }))).signature, undefined);
});

const long = '2.16.840.1.101.3.4.2.1-Hash';
const hash = Buffer.alloc(32).toString('base64');
const contents: readonly (readonly [what: string, content: string])[] = [
  ['nothing', ''],
  ['another version', `Version:2\n\n${long}:${hash}\n\n`],
  ['no version', `Name:1\n\n${long}:${hash}\n\n`],
  ['no second section', `Version:1\n\n`],
  ['a section without end', `Version:1\n\n${long}:${hash}`],
  ['a hash function that is not allowed', `Version:1\n\n1.3.14.3.2.26-Hash:${hash}\n\n`],
  ['a hash that is too short', `Version:1\n\n${long}:AAAA\n\n`],
  ['a hash that is no base64', `Version:1\n\n${long}:${hash.slice(0, -1)}*\n\n`],
  ['a line that is no pair', `Version:1\n\nhash\n${long}:${hash}\n\n`],
  ['a key twice', `Version:1\n\n${long}:${hash}\n${long}:${hash}\n\n`],
];
for (const [what, content] of contents)
  test(`a signature over ${what} says no hash`, async (t) => {
    t.is(why((await read(await signPackage(unsigned, { content }))).signature), 'names no hash that NuGet knows');
  });

test('lines may end as on Windows, and unknown pairs are passed over', async (t) => {
  const right = signatureText(unsigned).replace('\n\n', '\nMore:x\n\nOther-Hash:zzz\n').replaceAll('\n', '\r\n');
  t.true((await read(await signPackage(unsigned, { content: right }))).holds);
});

const nested = (opening: readonly number[], count: number) =>
  Buffer.concat(Array.from({ length: count }, () => Buffer.from(opening)));
const hostile: readonly (readonly [what: string, bytes: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['text', Buffer.from('-----BEGIN PKCS7-----')],
  ['nested lists of indefinite length', nested([0x30, 0x80], 500_000)],
  ['nested lists of a length that cannot be', nested([0x30, 0x84, 0xff, 0xff, 0xff, 0xff], 100_000)],
  ['nested lists within bounds', derNested(300_000)],
  ['end marks without beginning', Buffer.alloc(1_000_000)],
  ['a length of 127 bytes', Buffer.from([0x30, 0xff, 1, 2, 3])],
  ['a tag without end', nested([0x3f, 0xff], 1000)],
];

/** Lists in lists, each of the right length. */
function derNested(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let at = 0;
  while (at + 5 <= size) {
    bytes[at] = 0x30;
    bytes[at + 1] = 0x83;
    bytes.writeUIntBE(size - at - 5, at + 2, 3);
    at += 5;
  }
  return bytes.subarray(0, at);
}

for (const [what, bytes] of hostile)
  test(`a signature of ${what} is unreadable, and known to be so at once`, async (t) => {
    const startedAtMs = performance.now();
    t.not(why((await read(withSignature(unsigned, bytes))).signature), 'readable');
    t.true(performance.now() - startedAtMs < 2000);
  });

test('a signature cut at any place is unreadable or says the same', async (t) => {
  const whole = await makeSignature(signatureText(unsigned));
  for (let length = 0; length < whole.length; length += 7)
    t.not(why((await read(withSignature(unsigned, whole.subarray(0, length)))).signature), 'readable');
});

test('a signature of more than 1 MiB is not read, and two are none', async (t) => {
  t.is(why((await read(withSignature(unsigned, Buffer.alloc(1_048_577)))).signature), 'has 1048577 bytes');
  const once = await signPackage(unsigned);
  t.is(why((await read(withSignature(once, Buffer.from('x')))).signature), 'is there twice');
});

test('lists of indefinite length are read as Windows writes them', async (t) => {
  const signature = await makeSignature(signatureText(unsigned));
  // The outermost list and the one around the signed data, rewritten without lengths.
  const open = (bytes: Buffer) => bytes.subarray(2 + ((bytes[1] ?? 0) & 0x80 ? (bytes[1] ?? 0) & 0x7f : 0));
  const inner = open(signature);
  const type = inner.subarray(0, 11);
  const indefinite = Buffer.concat([
    Buffer.from([0x30, 0x80]),
    type,
    Buffer.from([0xa0, 0x80]),
    open(inner.subarray(11)),
    Buffer.alloc(4),
  ]);
  const { signature: told, holds } = await read(withSignature(unsigned, indefinite));
  t.true(holds, why(told));
});

test('a Zip64 archive with a signature is none that NuGet signs', async (t) => {
  const signed = await signPackage(unsigned);
  const gap = Buffer.concat([signed.subarray(0, -22), Buffer.alloc(8), signed.subarray(-22)]);
  t.is((await read(gap)).holds, undefined, 'bytes between the directory and its end record');
});

test('an archive of nothing but a signature is hashed', async (t) => {
  const empty = Buffer.from(zipSync({}));
  t.true((await read(await signPackage(empty))).holds);
});

const realPackages = '/opt/nuget/packages';
const withReal: Registration = existsSync(realPackages) ? test : skipBecause(`there is no ${realPackages}`);

withReal('real packages are as their signatures say', async (t) => {
  const files = (await readdir(realPackages, { recursive: true })).filter((file) => file.endsWith('.nupkg'));
  t.true(files.length > 0);
  for (const file of files) {
    const { signature, holds } = await read(await readFile(join(realPackages, file)));
    t.true(readable(signature).isRepositorySigned, file);
    t.true(holds, file);
  }
});
