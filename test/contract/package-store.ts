import type { TestFn } from 'ava';
import { PackageId } from '../../src/nuget/package-id.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import { PinnedBytesError } from '../../src/feed/store.js';
import type { PinnedPackage } from '../../src/feed/store.js';
import { appendAll, collect, keep, listKeys, readAll, samplePackage } from '../support/sample-package.js';
import type { OpenStore } from './store.js';

const chunk = 256 * 1024;

export function packageContract(test: TestFn, name: string, open: OpenStore): void {
  test(`${name}: a package is visible only after commit, then as it came`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Serilog', '3.1.1', 700_001);
    const { identity } = sample.facts;
    const incoming = packages.begin();
    await appendAll(incoming, sample.bytes);
    t.is(await packages.find(identity), undefined);
    t.deepEqual(await listKeys(packages), []);
    const row = await incoming.commit(sample.facts);
    t.like(row, { ...sample.facts, identity: row.identity, size: 700_001 });
    t.is(row.identity.key, 'serilog/3.1.1');
    const found = await packages.find(identity);
    t.deepEqual({ ...found, identity: found?.identity.key }, { ...row, identity: row.identity.key });
    t.is(found?.identity.id.text, 'Serilog');
    t.true((await readAll(packages, found!)).equals(sample.bytes));
  });

  test(`${name}: id and version are found in any casing and any form of the same version`, async (t) => {
    const { packages } = await open(t);
    await keep(packages, samplePackage('A_b.C-d', '1.0-RC.1+meta', 10));
    t.truthy(await packages.find(PackageIdentity.parse('a_B.c-D', '01.0.0.0-rc.1')));
    t.is(await packages.find(PackageIdentity.parse('A_b.C-d', '1.0')), undefined);
    t.is(
      (await packages.find(PackageIdentity.parse('a_b.c-d', '1.0.0-rc.1')))?.identity.version.full,
      '1.0.0-RC.1+meta',
    );
  });

  test(`${name}: the ids kept are known without reading rows, with their sources, in order`, async (t) => {
    const { packages } = await open(t);
    const { facts, bytes } = samplePackage('b.Second', '1.0', 10);
    for (const sample of [samplePackage('B', '1.0', 10), { facts, bytes }, samplePackage('A', '1.0', 10)])
      await keep(packages, sample);
    const other = samplePackage('B', '2.0', 10);
    await keep(packages, { ...other, facts: { ...other.facts, source: 'elsewhere' } });
    t.deepEqual(packages.ids.following('', 9), ['a', 'b', 'b.second']);
    t.deepEqual([...packages.ids.sourcesOf('b')].sort(), [facts.source, 'elsewhere'].sort());
    await packages.remove(PackageIdentity.parse('B', '1.0'));
    t.deepEqual(packages.ids.sourcesOf('b'), ['elsewhere']);
    await packages.remove(PackageIdentity.parse('A', '1.0'));
    t.deepEqual(packages.ids.following('', 9), ['b', 'b.second']);
    t.deepEqual(
      (await packages.versionsOf(PackageId.parse('B'))).map(({ identity }) => identity.key),
      ['b/2.0.0'],
    );
  });

  for (const size of [0, 1, chunk - 1, chunk, chunk + 1, 5 * chunk, 5 * chunk + 17])
    test(`${name}: ${size} bytes come back whole`, async (t) => {
      const { packages } = await open(t);
      const sample = samplePackage('Sized', '1.0.0', size);
      const row = await keep(packages, sample);
      t.is(row.size, size);
      const content = await packages.open(row);
      t.is(content.size, size);
      t.true((await collect(content.stream())).equals(sample.bytes));
      t.true((await content.read(0, size)).equals(sample.bytes));
    });

  test(`${name}: pieces of any size, empty and huge ones too, join up`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Pieces', '1.0.0', 3_000_000);
    const incoming = packages.begin();
    let at = 0;
    for (const length of [0, 1, 7, chunk - 8, 2, 0, 2_000_000, 100_000, 3_000_000]) {
      await incoming.append(sample.bytes.subarray(at, at + length));
      at = Math.min(at + length, sample.bytes.length);
      t.is(incoming.received, at);
    }
    t.true((await readAll(packages, await incoming.commit(sample.facts))).equals(sample.bytes));
  });

  test(`${name}: append takes a copy`, async (t) => {
    const { packages } = await open(t);
    const incoming = packages.begin();
    const piece = Buffer.from('before');
    await incoming.append(piece);
    piece.write('after!');
    await incoming.append(piece);
    const row = await incoming.commit(samplePackage('Copy', '1.0.0', 12).facts);
    t.is((await readAll(packages, row)).toString(), 'beforeafter!');
  });

  test(`${name}: every received byte can be read back at once, at any offset`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Peek', '1.0.0', 20 * chunk + 999);
    const incoming = packages.begin();
    let at = 0;
    for (const length of [1, 100, 40_000, chunk, chunk, 7 * chunk + 3, 11 * chunk, 20 * chunk]) {
      await incoming.append(sample.bytes.subarray(at, at + length));
      at = Math.min(at + length, sample.bytes.length);
      for (const offset of [0, 1, Math.floor(at / 3), Math.floor(at / 2), chunk - 1, chunk, at - chunk, at - 1]) {
        if (offset < 0 || offset >= at) continue;
        for (const length of [1, 1000, 64 * 1024, 10 * chunk]) {
          const seen = await incoming.peek(offset, length);
          t.true(seen.length >= 1 && seen.length <= length && offset + seen.length <= at);
          t.true(seen.equals(sample.bytes.subarray(offset, offset + seen.length)));
        }
      }
    }
    await t.throwsAsync(() => incoming.peek(incoming.received, 1), { instanceOf: RangeError });
    await t.throwsAsync(() => incoming.peek(-1, 1), { instanceOf: RangeError });
    await incoming.abort();
  });

  test(`${name}: what was peeked stays as it was while more comes in`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Steady', '1.0.0', 3 * chunk);
    const incoming = packages.begin();
    await incoming.append(sample.bytes.subarray(0, 1000));
    const seen = await incoming.peek(0, 1000);
    await appendAll(incoming, sample.bytes.subarray(1000), 10_000);
    await incoming.commit(sample.facts);
    t.true(seen.equals(sample.bytes.subarray(0, 1000)));
  });

  test(`${name}: readers that joined go on to the end during and after commit`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Tail', '1.0.0', 3 * chunk + 5);
    const incoming = packages.begin();
    await appendAll(incoming, sample.bytes);
    const committing = incoming.commit(sample.facts);
    const during = Buffer.concat([await incoming.peek(3 * chunk, 3), await incoming.peek(3 * chunk + 3, 3)]);
    t.true(during.equals(sample.bytes.subarray(3 * chunk)));
    await committing;
    const pieces: Buffer[] = [];
    for (let at = 0; at < sample.bytes.length; at += pieces.at(-1)!.length)
      pieces.push(await incoming.peek(at, 100_000));
    t.true(Buffer.concat(pieces).equals(sample.bytes));
  });

  test(`${name}: lent bytes stay sound while other packages come and go, until they are returned`, async (t) => {
    const { packages } = await open(t);
    const lender = samplePackage('Lender', '1.0.0', 4 * chunk);
    const incoming = packages.begin();
    await appendAll(incoming, lender.bytes);
    // Bytes that are in memory no more are not lent; the last chunk's are.
    const loans = [0, chunk + 5, 3 * chunk].map((at) => ({ at, loan: incoming.lend(at, 1000) }));
    t.truthy(loans.at(-1)?.loan);
    const twice = incoming.lend(3 * chunk, 1000)!;
    twice.release();
    twice.release();
    await incoming.commit(lender.facts);
    for (let n = 0; n < 3; n++) await keep(packages, samplePackage(`Other${n}`, '1.0.0', 20 * chunk));
    for (const { at, loan } of loans) {
      if (loan) t.true(loan.bytes.equals(lender.bytes.subarray(at, at + 1000)), `lent at ${at}`);
      loan?.release();
    }
    const others = [samplePackage('After', '1.0.0', 30 * chunk + 7), samplePackage('After', '2.0.0', 30 * chunk)];
    await Promise.all(others.map((sample) => keep(packages, sample)));
    for (const sample of [lender, ...others]) {
      const row = await packages.find(sample.facts.identity);
      t.true((await readAll(packages, row!)).equals(sample.bytes), sample.facts.identity.key);
    }
  });

  test(`${name}: bytes that were peeked at are never written over`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Peeked', '1.0.0', 3 * chunk);
    const incoming = packages.begin();
    await appendAll(incoming, sample.bytes);
    const seen = await Promise.all([0, 1, 2].map((index) => incoming.peek(index * chunk, chunk)));
    for (let index = 0; index < 3; index++) incoming.lend(index * chunk, 10)?.release();
    await incoming.commit(sample.facts);
    for (let n = 0; n < 3; n++) await keep(packages, samplePackage(`Other${n}`, '1.0.0', 20 * chunk));
    t.true(Buffer.concat(seen).equals(sample.bytes));
  });

  test(`${name}: of two commits of one identity the first stays, and both return it`, async (t) => {
    const { packages } = await open(t);
    const first = samplePackage('Twice', '1.0.0', 400_000);
    const second = samplePackage('TWICE', '1.0', 600_000);
    const kept = await keep(packages, first);
    const returned = await keep(packages, second);
    t.is(returned.sha512, first.facts.sha512);
    t.deepEqual(returned.location, kept.location);
    t.deepEqual(await listKeys(packages), ['twice/1.0.0']);
    t.true((await readAll(packages, returned)).equals(first.bytes));
  });

  test(`${name}: commits of one identity at the same moment keep one of them`, async (t) => {
    const store = await open(t);
    const sample = samplePackage('Race', '1.0.0', 500_000);
    const rows = await Promise.all(Array.from({ length: 10 }, () => keep(store.packages, sample)));
    for (const row of rows) t.deepEqual(row.location, rows[0]?.location);
    t.like(await store.stats(), { packages: 1, versions: 1, bytes: 500_000 });
    t.true((await readAll(store.packages, rows[0]!)).equals(sample.bytes));
  });

  test(`${name}: who loses the race with the same bytes can still be read from`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Loser', '1.0.0', 2 * chunk + 5);
    const loser = packages.begin();
    await appendAll(loser, sample.bytes);
    await keep(packages, sample);
    await loser.commit(sample.facts);
    for (const offset of [0, chunk, 2 * chunk])
      t.true((await loser.peek(offset, 5)).equals(sample.bytes.subarray(offset, offset + 5)));
  });

  test(`${name}: committing the same incoming package again returns its row`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Again', '1.0.0', 1000);
    const incoming = packages.begin();
    await incoming.append(sample.bytes);
    const [a, b] = await Promise.all([incoming.commit(sample.facts), incoming.commit(sample.facts)]);
    t.deepEqual(a.location, b.location);
    await t.throwsAsync(() => incoming.append(Buffer.from('more')), { message: /complete/ });
  });

  test(`${name}: abort leaves nothing, and nothing can follow it`, async (t) => {
    const store = await open(t);
    const sample = samplePackage('Gone', '1.0.0', 900_000);
    const incoming = store.packages.begin();
    await appendAll(incoming, sample.bytes);
    await incoming.abort();
    await incoming.abort();
    t.is(await store.packages.find(sample.facts.identity), undefined);
    t.like(await store.stats(), { packages: 0, versions: 0, bytes: 0 });
    await t.throwsAsync(() => incoming.append(sample.bytes), { message: /given up/ });
    await t.throwsAsync(() => incoming.commit(sample.facts), { message: /given up/ });
    await t.throwsAsync(() => incoming.peek(0, 1), { message: /given up/ });
    t.true((await readAll(store.packages, await keep(store.packages, sample))).equals(sample.bytes));
  });

  test(`${name}: abort after or during commit has no effect`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Stays', '1.0.0', 300_000);
    const incoming = packages.begin();
    await appendAll(incoming, sample.bytes);
    const committing = incoming.commit(sample.facts);
    await incoming.abort();
    await committing;
    await incoming.abort();
    const row = await packages.find(sample.facts.identity);
    t.true((await readAll(packages, row!)).equals(sample.bytes));
  });

  test(`${name}: any range is read exactly, across chunk borders too`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Ranges', '1.0.0', 4 * chunk + 321);
    const content = await packages.open(await keep(packages, sample));
    const edges = [
      0,
      1,
      chunk - 1,
      chunk,
      chunk + 1,
      2 * chunk,
      3 * chunk + 77,
      4 * chunk,
      4 * chunk + 320,
      4 * chunk + 321,
    ];
    for (const start of edges)
      for (const end of edges.filter((edge) => edge >= start)) {
        const expected = sample.bytes.subarray(start, end);
        t.true((await content.read(start, end - start)).equals(expected), `read ${start} to ${end}`);
        t.true((await collect(content.stream(start, end))).equals(expected), `stream ${start} to ${end}`);
      }
    t.true((await collect(content.stream(chunk + 5))).equals(sample.bytes.subarray(chunk + 5)));
  });

  test(`${name}: a range past the end is a RangeError`, async (t) => {
    const { packages } = await open(t);
    const content = await packages.open(await keep(packages, samplePackage('Short', '1.0.0', 100)));
    for (const [offset, length] of [
      [0, 101],
      [100, 1],
      [-1, 2],
      [5, -1],
    ] as const)
      await t.throwsAsync(() => content.read(offset, length), { instanceOf: RangeError });
    t.throws(() => content.stream(0, 101), { instanceOf: RangeError });
    t.throws(() => content.stream(50, 49), { instanceOf: RangeError });
  });

  test(`${name}: a stream comes in pieces of at most 256 KiB`, async (t) => {
    const { packages } = await open(t);
    const content = await packages.open(await keep(packages, samplePackage('Cut', '1.0.0', 1_000_000)));
    for await (const piece of content.stream()) t.true(piece.length > 0 && piece.length <= chunk);
  });

  test(`${name}: many readers at their own pace all get the same bytes`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Popular', '1.0.0', 3_000_000);
    const row = await keep(packages, sample);
    const reads = Array.from({ length: 50 }, async (_, n) => {
      const content = await packages.open(row);
      const pieces: Buffer[] = [];
      for await (const piece of content.stream(n * 1000)) {
        pieces.push(piece);
        for (let turn = 0; turn < n % 5; turn++) await new Promise(setImmediate);
      }
      return Buffer.concat(pieces).equals(sample.bytes.subarray(n * 1000));
    });
    t.true((await Promise.all(reads)).every((isSame) => isSame));
  });

  test(`${name}: a reader may leave early`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Early', '1.0.0', 2_000_000);
    const row = await keep(packages, sample);
    const content = await packages.open(row);
    for await (const piece of content.stream()) {
      t.true(piece.equals(sample.bytes.subarray(0, piece.length)));
      break;
    }
    t.true(await packages.remove(sample.facts.identity));
  });

  test(`${name}: a hundred packages at once arrive whole, each its own`, async (t) => {
    const store = await open(t);
    const samples = Array.from({ length: 100 }, (_, n) => samplePackage(`Many.${n % 40}`, `1.0.${n}`, 1000 + n * 7919));
    await Promise.all(samples.map((sample) => keep(store.packages, sample)));
    for (const sample of samples) {
      const row = await store.packages.find(sample.facts.identity);
      t.true((await readAll(store.packages, row!)).equals(sample.bytes), sample.facts.identity.key);
    }
    const bytes = samples.reduce((sum, sample) => sum + sample.bytes.length, 0);
    t.like(await store.stats(), { packages: 40, versions: 100, bytes });
  });

  test(`${name}: rows are listed in order of key`, async (t) => {
    const { packages } = await open(t);
    for (const [id, version] of [
      ['b', '1.0.0'],
      ['A.B', '1.0.0'],
      ['a', '10.0.0'],
      ['A', '2.0.0'],
      ['a-b', '1.0.0'],
      ['a_b', '1.0.0'],
      ['aa', '1.0.0'],
    ] as const)
      await keep(packages, samplePackage(id, version, 5));
    const keys = await listKeys(packages);
    t.deepEqual(keys, [...keys].sort());
    t.is(keys.length, 7);
  });

  test(`${name}: the versions of an id are its own, not those of ids that begin alike`, async (t) => {
    const { packages } = await open(t);
    for (const [id, version] of [
      ['Id.A', '1.0.0'],
      ['id.a', '2.0-RC'],
      ['ID.A', '10.0.0+meta'],
      ['Id.A.B', '1.0.0'],
      ['Id.A-b', '1.0.0'],
      ['Id.A0', '1.0.0'],
      ['Id', '1.0.0'],
    ] as const)
      await keep(packages, samplePackage(id, version, 5));
    const keys = async (id: string) => {
      const rows = await packages.versionsOf(PackageIdentity.parse(id, '1.0.0').id);
      return rows.map(({ identity }) => identity.key).sort();
    };
    t.deepEqual(await keys('iD.a'), ['id.a/1.0.0', 'id.a/10.0.0', 'id.a/2.0.0-rc']);
    t.deepEqual(await keys('Nobody'), []);
    await packages.remove(PackageIdentity.parse('Id.A', '1.0'));
    t.deepEqual(await keys('Id.A'), ['id.a/10.0.0', 'id.a/2.0.0-rc']);
  });

  test(`${name}: removing forgets one package and says whether there was one`, async (t) => {
    const store = await open(t);
    const gone = samplePackage('Removed', '1.0.0', 300_000);
    const stays = samplePackage('Removed', '2.0.0', 200_000);
    await keep(store.packages, gone);
    await keep(store.packages, stays);
    t.true(await store.packages.remove(gone.facts.identity));
    t.false(await store.packages.remove(gone.facts.identity));
    t.is(await store.packages.find(gone.facts.identity), undefined);
    t.deepEqual(await listKeys(store.packages), ['removed/2.0.0']);
    t.like(await store.stats(), { packages: 1, versions: 1, bytes: 200_000 });
    const again = await keep(store.packages, { ...gone, bytes: stays.bytes });
    t.true((await readAll(store.packages, again)).equals(stays.bytes));
  });

  test(`${name}: a row is current, said without waiting, as long as the store would tell the same one`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Alpha', '1.0.0', 5_000);
    const row = await keep(packages, sample);
    t.true(packages.isCurrent(row));
    const found = await packages.find(row.identity);
    t.true(packages.isCurrent(found!));
    t.false(packages.isCurrent({ ...found!, source: 'another' }), 'a copy that tells another source is nobody’s row');
    await packages.remove(row.identity);
    t.false(packages.isCurrent(row));
    const again = await keep(packages, sample);
    t.false(packages.isCurrent(row), 'the copy that went');
    t.true(packages.isCurrent(again));
    await packages.purge(row.identity);
    t.false(packages.isCurrent(again));
  });

  test(`${name}: a removed package stays bound to its bytes until it is purged`, async (t) => {
    const store = await open(t);
    const { packages } = store;
    const first = samplePackage('Bound', '1.0.0', 300_000);
    const other = samplePackage('BOUND', '1.0', 200_000);
    const { identity, source, sha512 } = first.facts;
    t.is(await packages.pinOf(identity), undefined);
    await keep(packages, first);
    t.deepEqual(await packages.pinOf(identity), { source, sha512 });
    t.like(await store.stats(), { pins: 0 });
    await packages.remove(identity);
    t.deepEqual(await packages.pinOf(identity), { source, sha512 });
    t.like(await store.stats(), { pins: 1, versions: 0 });
    const pins: PinnedPackage[] = [];
    for await (const pin of packages.pins()) pins.push(pin);
    t.like(pins, [{ source, sha512 }]);
    t.is(pins[0]?.identity.key, 'bound/1.0.0');
    for await (const { identity: its } of packages.pins(identity.id)) t.is(its.key, 'bound/1.0.0');
    for await (const { identity: its } of packages.pins(PackageId.parse('Bound.Other'))) t.fail(its.key);

    const refused = await t.throwsAsync(() => keep(packages, other), { instanceOf: PinnedBytesError });
    t.like(refused?.pin, { source, sha512 });
    t.is(await packages.find(identity), undefined);
    const elsewhere = await keep(packages, { ...first, facts: { ...first.facts, source: 'elsewhere' } });
    t.true((await readAll(packages, elsewhere)).equals(first.bytes));
    t.like(await store.stats(), { pins: 0, versions: 1 });
    t.deepEqual(await packages.pinOf(identity), { source: 'elsewhere', sha512 });

    await packages.remove(identity);
    t.true(await packages.purge(identity));
    t.false(await packages.purge(identity));
    t.is(await packages.pinOf(identity), undefined);
    t.true((await readAll(packages, await keep(packages, other))).equals(other.bytes));
    t.true(await packages.purge(identity));
    t.is(await packages.find(identity), undefined);
    t.like(await store.stats(), { pins: 0, versions: 0 });
  });

  test(`${name}: a store that can write says so, and one with nothing to free frees nothing`, async (t) => {
    const store = await open(t);
    const sample = samplePackage('Fine', '1.0.0', 300_000);
    await keep(store.packages, sample);
    t.deepEqual(store.health(), { state: 'ok' });
    const nothing = { freedBytes: 0, evicted: 0, moved: 0, retainedBytes: 0, generations: 0 };
    t.deepEqual(await store.gc({ dryRun: true }), nothing);
    t.deepEqual(await store.gc(), nothing);
    t.true((await readAll(store.packages, (await store.packages.find(sample.facts.identity))!)).equals(sample.bytes));
  });

  test(`${name}: a reader in the middle of a package that is removed reads it to its end`, async (t) => {
    const { packages } = await open(t);
    const sample = samplePackage('Reading', '1.0.0', 6 * chunk);
    const content = await packages.open(await keep(packages, sample));
    const pieces: Buffer[] = [];
    for await (const piece of content.stream()) {
      if (pieces.length === 1) t.true(await packages.remove(sample.facts.identity));
      pieces.push(piece);
    }
    t.true(Buffer.concat(pieces).equals(sample.bytes));
  });

  test(`${name}: an optional field that was not given stays away`, async (t) => {
    const { packages } = await open(t);
    const { bytes, facts } = samplePackage('Plain', '1.0.0', 10);
    const { lastModified: _, ...rest } = facts;
    await keep(packages, { bytes, facts: rest });
    t.false('lastModified' in (await packages.find(facts.identity))!);
  });
}
