import type { TestFn } from 'ava';
import fc from 'fast-check';
import type { FactKey, NewFact } from '../../src/feed/store.js';
import type { OpenStore } from './store.js';

const key: FactKey = { source: 'nuget.org', kind: 'registration', name: 'newtonsoft.json' };

const fact = (parts: readonly Buffer[], checkedAtMs = 1000): NewFact => ({
  state: 'found',
  checkedAtMs,
  validators: { etag: 'W/"0x8D"', lastModified: 'Tue, 14 Nov 2023 22:13:20 GMT' },
  head: { versions: ['1.0.0', '2.0.0-β'], count: 2, nested: [null, { deep: true }] },
  parts,
});

export function factContract(test: TestFn, name: string, open: OpenStore): void {
  test(`${name}: a fact never written is absent`, async (t) => {
    const { facts } = await open(t);
    t.is(await facts.read(key), undefined);
  });

  test(`${name}: a fact is read as it was written, part by part`, async (t) => {
    const { facts } = await open(t);
    const parts = [Buffer.from('first'), Buffer.alloc(0), Buffer.alloc(300_000, 7)];
    const written = await facts.write(key, fact(parts));
    const read = await facts.read(key);
    t.deepEqual(read, written);
    const { parts: _, ...expected } = fact(parts);
    t.like(read, { ...expected, key, partCount: 3 });
    for (const [number, part] of parts.entries()) t.deepEqual(await facts.readPart(written, number), part);
    await t.throwsAsync(() => facts.readPart(written, 3), { instanceOf: RangeError });
  });

  test(`${name}: a fact that is removed is absent, its parts too, and others stay`, async (t) => {
    const { facts } = await open(t);
    const other = { ...key, name: `${key.name}.bson` };
    await facts.write(other, fact([Buffer.from('other')]));
    const written = await facts.write(key, fact([Buffer.from('first'), Buffer.from('second')]));
    await facts.remove(key);
    await facts.remove(key);
    t.is(await facts.read(key), undefined);
    t.is(await facts.readPart(written, 0), undefined);
    const kept = await facts.read(other);
    t.is(kept && (await facts.readPart(kept, 0))?.toString(), 'other');
    const again = await facts.write(key, fact([Buffer.from('again')]));
    t.is((await facts.readPart(again, 0))?.toString(), 'again');
  });

  test(`${name}: "missing" is a fact too, and needs no parts`, async (t) => {
    const { facts } = await open(t);
    await facts.write(key, { state: 'missing', checkedAtMs: 5, validators: {}, head: null, parts: [] });
    t.like(await facts.read(key), { state: 'missing', checkedAtMs: 5, validators: {}, head: null, partCount: 0 });
  });

  test(`${name}: the writer may reuse its buffers`, async (t) => {
    const { facts } = await open(t);
    const part = Buffer.from('before');
    const written = await facts.write(key, fact([part]));
    part.write('after!');
    t.is((await facts.readPart(written, 0))?.toString(), 'before');
  });

  test(`${name}: replacing a fact replaces all of it, and its old parts are gone`, async (t) => {
    const { facts } = await open(t);
    const first = await facts.write(key, fact([Buffer.from('a0'), Buffer.from('a1'), Buffer.from('a2')]));
    const second = await facts.write(key, fact([Buffer.from('b0')], 2000));
    t.not(second.epoch, first.epoch);
    t.deepEqual(await facts.read(key), second);
    for (const part of [0, 1, 2]) t.is(await facts.readPart(first, part), undefined);
    t.is((await facts.readPart(second, 0))?.toString(), 'b0');
  });

  test(`${name}: the same fact written twice differs in epoch`, async (t) => {
    const { facts } = await open(t);
    const first = await facts.write(key, fact([]));
    t.not((await facts.write(key, fact([]))).epoch, first.epoch);
  });

  test(`${name}: confirming moves only the time, and keeps the parts readable through both`, async (t) => {
    const { facts } = await open(t);
    const written = await facts.write(key, fact([Buffer.from('body')]));
    const confirmed = await facts.confirm(written, 9000);
    t.deepEqual(confirmed, { ...written, checkedAtMs: 9000 });
    t.deepEqual(await facts.read(key), confirmed);
    t.is((await facts.readPart(written, 0))?.toString(), 'body');
    t.is((await facts.readPart(confirmed, 0))?.toString(), 'body');
  });

  test(`${name}: confirming a fact that was replaced meanwhile changes nothing and returns its successor`, async (t) => {
    const { facts } = await open(t);
    const first = await facts.write(key, fact([Buffer.from('old')]));
    const second = await facts.write(key, fact([Buffer.from('new')], 2000));
    t.deepEqual(await facts.confirm(first, 9000), second);
    t.deepEqual(await facts.read(key), second);
  });

  test(`${name}: of concurrent writes one wins whole`, async (t) => {
    const { facts } = await open(t);
    const letters = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(
      letters.map((letter, n) => facts.write(key, fact(Array.from({ length: n + 1 }, () => Buffer.from(letter))))),
    );
    const kept = await facts.read(key);
    t.truthy(kept);
    const parts = await Promise.all(Array.from({ length: kept!.partCount }, (_, part) => facts.readPart(kept!, part)));
    const letter = letters[kept!.partCount - 1];
    t.deepEqual(
      parts.map((part) => part?.toString()),
      parts.map(() => letter),
    );
  });

  test(`${name}: a reader sees one fact whole while it is being replaced, or learns that it was`, async (t) => {
    const { facts } = await open(t);
    const body = (n: number): Buffer[] => Array.from({ length: 8 }, () => Buffer.alloc(200_000, n));
    await facts.write(key, fact(body(1)));
    let isWriting = true;
    let whole = 0;
    const reader = (async () => {
      while (isWriting || whole === 0) {
        const seen = await facts.read(key);
        const parts = await Promise.all(Array.from({ length: seen!.partCount }, (_, n) => facts.readPart(seen!, n)));
        const kinds = new Set(parts.filter((part) => part !== undefined).map((part) => part[0]));
        if (kinds.size > 1) return 'torn';
        if (parts.every((part) => part !== undefined)) whole++;
        await new Promise(setImmediate);
      }
      return 'whole';
    })();
    for (let n = 2; n < 12; n++) await facts.write(key, fact(body(n)));
    isWriting = false;
    t.is(await reader, 'whole');
  });

  test(`${name}: a fact of many megabytes is kept whole`, async (t) => {
    const { facts } = await open(t);
    const parts = Array.from({ length: 60 }, (_, n) => Buffer.alloc(250_000, n));
    await facts.write(key, fact([Buffer.from('small')]));
    const large = await facts.write(key, fact(parts));
    for (const [n, part] of parts.entries()) t.true((await facts.readPart(large, n))?.equals(part));
    const small = await facts.write(key, fact([Buffer.from('small again')]));
    t.is(await facts.readPart(large, 0), undefined);
    t.is(await facts.readPart(large, 59), undefined);
    t.is((await facts.readPart(small, 0))?.toString(), 'small again');
  });

  test(`${name}: facts of different source, kind or name never meet`, async (t) => {
    const { facts } = await open(t);
    const keys: FactKey[] = [
      { source: 'a', kind: 'versions', name: 'x' },
      { source: 'a', kind: 'registration', name: 'x' },
      { source: 'a', kind: 'versions', name: 'y' },
      { source: 'a', kind: 'versions', name: '' },
      { source: 'a', kind: 'vulnerabilities', name: '' },
      { source: 'a/versions', kind: 'versions', name: 'x' },
      { source: 'a%002f', kind: 'versions', name: 'x' },
      { source: 'a/', kind: 'versions', name: 'x' },
      { source: '', kind: 'versions', name: 'a/versions/x' },
      { source: 'ä', kind: 'versions', name: 'x' },
      { source: '\u0000', kind: 'versions', name: '..' },
      { source: '\ud800', kind: 'versions', name: 'lone' },
      { source: '\udfff', kind: 'versions', name: 'lone' },
    ];
    for (const [n, each] of keys.entries()) await facts.write(each, fact([Buffer.from(String(n))]));
    for (const [n, each] of keys.entries()) {
      const read = await facts.read(each);
      t.deepEqual(read?.key, each);
      t.is((await facts.readPart(read!, 0))?.toString(), String(n));
    }
  });

  test(`${name}: the keys of a kind are listed, however strange, each once and no other kind's`, async (t) => {
    const { facts } = await open(t);
    const keys: FactKey[] = [
      { source: 'a', kind: 'registration', name: 'x' },
      { source: 'a', kind: 'registration', name: 'y' },
      { source: 'b/registration', kind: 'registration', name: 'x' },
      { source: '%0061', kind: 'registration', name: '\ud800' },
    ];
    const listed = async () => {
      const found: FactKey[] = [];
      for await (const one of facts.list('registration')) found.push(one);
      return found.sort((a, b) => `${a.source} ${a.name}`.localeCompare(`${b.source} ${b.name}`));
    };
    t.deepEqual(await listed(), []);
    for (const each of keys) {
      await facts.write(each, fact([Buffer.from('part')]));
      await facts.write({ ...each, kind: 'versions' }, fact([]));
    }
    await facts.write(keys[0]!, { ...fact([]), state: 'missing' });
    t.deepEqual(
      await listed(),
      [...keys].sort((a, b) => `${a.source} ${a.name}`.localeCompare(`${b.source} ${b.name}`)),
    );
  });

  test(`${name}: any two keys are one key only when they are equal`, async (t) => {
    const { facts } = await open(t);
    const text = fc.string({ unit: fc.constantFrom('/', '%', '0', '2', 'f', 'a', '\ud800', '\udc00', '!') });
    const anyKey = fc.record({ source: text, kind: fc.constantFrom('versions', 'registration'), name: text });
    await fc.assert(
      fc.asyncProperty(anyKey, anyKey, async (a, b) => {
        await facts.write(a, { ...fact([]), head: 'a' });
        await facts.write(b, { ...fact([]), head: 'b' });
        const isSame = a.source === b.source && a.kind === b.kind && a.name === b.name;
        return (await facts.read(a))?.head === (isSame ? 'b' : 'a');
      }),
      { numRuns: 200 },
    );
    t.pass();
  });
}
