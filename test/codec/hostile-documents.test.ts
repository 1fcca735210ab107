import test from 'ava';
import { strToU8, zipSync } from 'fflate';

import { bufferSource } from '../../src/codec/byte-source.js';
import { parseJsonArray, parseJsonDocument, UnreadableDocumentError } from '../../src/codec/json-document.js';
import { MemberSplitter } from '../../src/codec/member-splitter.js';
import { parseNuspec } from '../../src/codec/nuspec.js';
import { findPackageFile } from '../../src/codec/package-file.js';
import { readNuspec } from '../../src/codec/package-nuspec.js';
import { RegistrationSplitter } from '../../src/codec/registration-splitter.js';
import { readZipDirectory } from '../../src/codec/zip-directory.js';
import { parseXml, XmlError } from '../../src/codec/xml-tree.js';
import { makeNuspec } from '../support/nupkg.js';

const tenMegabytes = 10_000_000;

const readers: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  'a document': parseJsonDocument,
  'a list': parseJsonArray,
  'a document cut into members': (bytes) => new MemberSplitter({ onMember: () => undefined }).push(bytes),
  'a registration cut into leaves': (bytes) => new RegistrationSplitter({ onLeaf: () => undefined }).push(bytes),
};
for (const [what, read] of Object.entries(readers))
  for (const opening of ['[', '{"a":', '{"items":[', '{"items":[{"items":['])
    test(`10 MB of ${opening} read as ${what} are refused in words, without a stack of calls as deep`, (t) => {
      const bytes = Buffer.alloc(tenMegabytes, opening);
      t.throws(() => read(bytes), { instanceOf: UnreadableDocumentError });
    });

test('a billion laughs are not told, and no file is opened for an entity', (t) => {
  const levels = Array.from({ length: 9 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
  for (const type of [
    `<!DOCTYPE package [<!ENTITY l0 "ha">${levels}]>`,
    '<!DOCTYPE package SYSTEM "file:///etc/hostname">',
    '<!DOCTYPE package [<!ENTITY l9 SYSTEM "file:///etc/hostname">]>',
    '<!DOCTYPE package [<!ENTITY % l9 SYSTEM "http://127.0.0.1:1/x"> %l9;]>',
  ]) {
    const xml = `<?xml version="1.0"?>${type}<package><metadata><id>&l9;</id></metadata></package>`;
    t.throws(() => parseXml(xml), { instanceOf: XmlError }, type);
    t.throws(() => parseNuspec(Buffer.from(xml)), undefined, type);
  }
  t.is(parseXml('<a>&l9;</a>'), '&l9;', 'what nobody declared stays as it stands');
});

test('elements in elements are refused past a bound', (t) => {
  t.throws(() => parseXml('<a>'.repeat(100_000)), { instanceOf: XmlError });
});

/** The least a zip can hold: names alone. */
const emptyEntries = (names: readonly string[]) =>
  Buffer.from(zipSync(Object.fromEntries(names.map((name) => [name, new Uint8Array(0)])), { level: 0 }));

test('a package of 65,534 entries is read; one of more than its end record can count is read or refused in words', async (t) => {
  const names = Array.from({ length: 65_533 }, (_, i) => `content/${i}`);
  const nuspec = strToU8(makeNuspec({ id: 'Alpha', version: '1.0.0' }));
  const files = Object.fromEntries(names.map((name) => [name, new Uint8Array(0)]));
  const most = Buffer.from(zipSync({ 'alpha.nuspec': nuspec, ...files }, { level: 0 }));
  t.is((await readNuspec(bufferSource(most))).directory.entries.length, 65_534);
  // Its writer has no Zip64: the count wraps around.
  const tooMany = emptyEntries([...names, ...Array.from({ length: 10_000 }, (_, i) => `more/${i}`)]);
  await t.throwsAsync(() => readZipDirectory(bufferSource(tooMany)), { name: 'BadPackageError' });
});

test('names that lead out of a package are only ever compared', async (t) => {
  const names = ['../../etc/passwd', '/etc/passwd', 'C:\\windows\\win.ini', 'a/../../b', '%2e%2e/x', ''];
  const directory = await readZipDirectory(bufferSource(emptyEntries(names)));
  for (const name of ['../../etc/passwd', 'a/../../b', '..\\..\\etc\\passwd', '%2e%2e/x/..', ''])
    t.is(findPackageFile(directory, name), undefined, name);
  t.is(findPackageFile(directory, 'etc/passwd')?.name, '/etc/passwd', 'it is the entry that is meant, nothing else');
});
