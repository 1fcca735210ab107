import test from 'ava';
import type { Zippable } from 'fflate';
import { bufferSource } from '../../src/codec/byte-source.js';
import { findSignature } from '../../src/codec/signature-entry.js';
import { readZipDirectory } from '../../src/codec/zip-directory.js';
import { nupkg, text } from './zipped.js';

const signed = async (files: Zippable) =>
  findSignature(await readZipDirectory(bufferSource(nupkg(files)))) !== undefined;

test('a signature is an entry of that very name, at the root, stored', async (t) => {
  t.true(await signed({ '.signature.p7s': [text('signature'), { level: 0 }] }));
  t.false(await signed({}));
  t.false(await signed({ '.signature.p7s': [text('signature'.repeat(99)), { level: 6 }] }));
  t.false(await signed({ '.Signature.p7s': [text('signature'), { level: 0 }] }));
  t.false(await signed({ 'lib/.signature.p7s': [text('signature'), { level: 0 }] }));
});
