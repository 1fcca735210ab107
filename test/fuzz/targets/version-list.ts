import { parseJsonDocument, UnreadableDocumentError } from '../../../src/codec/json-document.js';
import { mergeVersions, renderVersionList } from '../../../src/nuget/version-list.js';
import { PackageVersion } from '../../../src/nuget/package-version.js';
import { compareVersionKeys } from '../../../src/nuget/version-order.js';
import { listVersions, readVersionStrings } from '../../../src/sources/v3/version-list.js';
import { mustHold, refusing } from '../target.js';
import type { Target } from '../target.js';

const list = (versions: unknown) => Buffer.from(JSON.stringify({ versions }));

export const target: Target = {
  name: 'version-list',
  shape: 'json',
  seeds: [
    list(['1.0.0', '1.0.1', '2.0.0-beta', '2.0.0-beta.2', '2.0.0-beta.11', '2.0.0', '10.0.0.1']),
    list(['1.0', '1.0.0.0', '01.2', '1.0.0+a', 'not a version', null, 7]),
    list(null),
  ],
  dictionary: [
    'versions',
    '1.0.0-a.b.c',
    '1.0.0-0',
    '1.0.0-00',
    '2147483647.0.0',
    '1.0.0-A',
    '1.0.0-a',
    '1.0.0+x',
    '1.0.0-2-3',
  ],
  async run(input) {
    try {
      const { versions, unparsable } = await listVersions(readVersionStrings(parseJsonDocument(input)));
      for (const [i, version] of versions.entries()) {
        const next = versions[i + 1];
        if (next === undefined) break;
        mustHold(PackageVersion.compare(version, next) < 0, 'versions ascend, each once');
        mustHold(compareVersionKeys(version.key, next.key) < 0, 'keys ascend as their versions do');
      }
      const keys = versions.map(({ key }) => key);
      checkMerge(keys);
      const rendered = renderVersionList(mergeVersions([{ source: 'a', versions: keys }]));
      const again = await listVersions(readVersionStrings(parseJsonDocument(rendered)));
      mustHold(again.unparsable.length === 0, 'what is rendered can be read');
      mustHold(String(again.versions.map(({ key }) => key)) === String(keys), 'what is rendered reads the same');
      return `${Math.min(versions.length, 8)} versions, ${Math.min(unparsable.length, 4)} unparsable`;
    } catch (error) {
      return refusing([UnreadableDocumentError], error);
    }
  },
};

/** Dealt out to two sources and some of them held, the versions come together again, each with its owner. */
function checkMerge(keys: readonly string[]): void {
  const first = keys.filter((_, i) => i % 3 !== 0);
  const second = keys.filter((_, i) => i % 3 !== 1);
  const held = keys.filter((_, i) => i % 4 === 0).map((version) => ({ version, source: 'second' }));
  const merged = mergeVersions(
    [
      { source: 'first', versions: first },
      { source: 'second', versions: second },
    ],
    held,
  );
  mustHold(String(merged.map(({ version }) => version)) === String(keys), 'a union has every version once, ascending');
  for (const { version, source } of merged) {
    const isHeld = held.some((one) => one.version === version);
    const owner = isHeld || !first.includes(version) ? 'second' : 'first';
    mustHold(source === owner, 'a version belongs to its keeper, else to the first source that lists it');
  }
}
