import test from 'ava';
import fc from 'fast-check';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import { decodeRow, encodeRow } from '../../../src/store/level/package-record.js';
import type { LevelRow } from '../../../src/store/level/package-record.js';
import { decodeExtent } from '../../../src/store/level/row-extent.js';

/** What a source may be named, and what may look like the end of a row or like another member. */
const text = fc.oneof(
  fc.string(),
  fc.constantFrom('nuget.org', 'a"b', 'a\\', '","size":1,"x":"', '"location":{"record":7', 'Ümläut', '\u2028', ']}}'),
);
const natural = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const row = fc
  .record(
    {
      id: fc.constantFrom('Alpha', 'Newtonsoft.Json', 'size', 'source'),
      version: fc.constantFrom('1.0.0', '2.0.0-beta.1'),
      source: text,
      sha512: text,
      size: natural,
      cachedAtMs: natural,
      lastModified: text,
      evidence: fc.subarray(['published-hash', 'signature-hash', 'entry-checksums'] as const),
      location: fc.record({ record: natural, chunkBytes: natural, runs: fc.array(natural, { maxLength: 8 }) }),
    },
    { requiredKeys: ['id', 'version', 'source', 'sha512', 'size', 'cachedAtMs', 'location'] },
  )
  .map(({ id, version, ...rest }): LevelRow => ({ ...rest, identity: PackageIdentity.parse(id, version) }));

test('what is counted of a row is what the row says, whatever is written in it', (t) => {
  fc.assert(
    fc.property(row, (one) => {
      const stored = encodeRow(one);
      const { id, ...counted } = decodeExtent(stored.toString());
      t.is(id, one.identity.id.text);
      t.deepEqual(pick(counted), pick(decodeRow(stored)));
    }),
    { numRuns: 1_000 },
  );
});

test('a row with its members in another order is read too', (t) => {
  const [one] = fc.sample(row, 1);
  const json = JSON.parse(encodeRow(one!).toString()) as Record<string, unknown>;
  const turned = JSON.stringify(Object.fromEntries(Object.entries(json).reverse()));
  t.deepEqual(pick(decodeExtent(turned)), pick(one!));
});

test('a row of a newer layout, or one that is cut, is not counted', (t) => {
  const stored = encodeRow(fc.sample(row, 1)[0]!).toString();
  t.throws(() => decodeExtent(stored.replace(/"layout":\d+/, '"layout":9')), { message: /layout 9/ });
  t.throws(() => decodeExtent(stored.slice(0, -1)), { instanceOf: SyntaxError });
  t.throws(() => decodeExtent(`${stored}x`), { instanceOf: SyntaxError });
});

const pick = ({ source, size, location }: Pick<LevelRow, 'source' | 'size' | 'location'>) => ({
  source,
  size,
  location,
});
