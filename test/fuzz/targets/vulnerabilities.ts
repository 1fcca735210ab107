import { UnreadableDocumentError } from '../../../src/codec/json-document.js';
import { isEmptyRange, parseVersionRange } from '../../../src/nuget/version-range.js';
import { VulnerabilityUnion } from '../../../src/nuget/vulnerability-union.js';
import { readVulnerabilityIndex, readVulnerabilityPage } from '../../../src/sources/v3/vulnerability-document.js';
import { inPassingPieces, inPieces, mustHold, refusing } from '../target.js';
import type { Target } from '../target.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const advisory = { severity: 2, url: 'https://github.com/advisories/GHSA-x', versions: '(, 1.2.3)' };

export const targets: readonly Target[] = [
  {
    name: 'vulnerability-index',
    shape: 'json',
    seeds: [
      json([
        { '@name': 'base', '@id': 'https://source.example/v/base.json', '@updated': '2026-01-01T00:00:00Z' },
        { '@name': 'update', '@id': 'update.json', '@updated': 'x', comment: '' },
      ]),
    ],
    dictionary: ['@id', '@updated', '@name', '+275760-09-13T00:00:00.001Z', '-271821-04-20', '2026-13-01', '0'],
    async run(input) {
      try {
        const entries = await readVulnerabilityIndex(inPieces(input));
        for (const { updated } of entries)
          mustHold(updated === undefined || new Date(updated).toISOString() === updated, 'dates are ISO 8601');
        return `${Math.min(entries.length, 4)} pages`;
      } catch (error) {
        return refusing([UnreadableDocumentError], error);
      }
    },
  },
  {
    name: 'vulnerability-page',
    shape: 'json',
    seeds: [
      json({
        'some.package': [advisory, { ...advisory, severity: '1' }],
        other: [{ ...advisory, versions: '[1.0.0, 2.0.0)' }],
      }),
      json([]),
      json({}),
    ],
    dictionary: [
      'severity',
      'url',
      'versions',
      'some.package',
      '(, )',
      '[1.0.0]',
      '(1.0.0)',
      '[2.0, 1.0]',
      '[1.0.0,1.0.0)',
      'critical',
      '__proto__',
    ],
    async run(input) {
      try {
        const { packages, unparsable } = await readVulnerabilityPage(inPassingPieces(input));
        const union = new VulnerabilityUnion();
        for (const one of packages) union.add('base', one);
        const rendered = JSON.parse([...union.render('base')].join('')) as Record<string, { versions: string }[]>;
        mustHold(Object.keys(rendered).length === packages.length, 'every id is rendered once');
        for (const { versions } of Object.values(rendered).flat()) {
          const range = parseVersionRange(versions);
          mustHold(range !== undefined && !isEmptyRange(range), 'NuGet can read every interval that is rendered');
        }
        return `${Math.min(packages.length, 4)} ids, ${Math.min(unparsable.length, 4)} unparsable`;
      } catch (error) {
        return refusing([UnreadableDocumentError], error);
      }
    },
  },
];
