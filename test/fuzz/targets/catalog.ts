import { UnreadableDocumentError } from '../../../src/codec/json-document.js';
import { readCommitTime } from '../../../src/nuget/commit-time.js';
import type { CommitTime } from '../../../src/nuget/commit-time.js';
import { byTime, readCatalogIndex, readCatalogPage } from '../../../src/sources/v3/catalog-document.js';
import { inPassingPieces, mustHold, refusing } from '../target.js';
import type { Target } from '../target.js';

const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const time = (text: string) => readCommitTime(text) as CommitTime;
const span = { after: time('2026-01-01T00:00:00.0000001Z'), notAfter: time('2026-12-31T00:00:00Z') };
const maxPages = 3;
const dictionary = [
  '@id',
  '@type',
  'commitTimeStamp',
  'nuget:id',
  'nuget:version',
  'nuget:PackageDelete',
  'count',
  'items',
  '2026-06-01T00:00:00.1234567Z',
  '9999-12-31T23:59:59Z',
  '2026-13-01T00:00:00Z',
];

export const targets: readonly Target[] = [
  {
    name: 'catalog-index',
    shape: 'json',
    seeds: [
      json({
        commitTimeStamp: '2026-05-01T00:00:00Z',
        count: 5,
        items: [1, 4, 2, 5, 3].map((month) => ({
          '@id': `page${month}.json`,
          commitTimeStamp: `2026-0${month}-01T00:00:00.5Z`,
          count: 550,
        })),
      }),
      json({ items: [] }),
    ],
    dictionary,
    async run(input) {
      try {
        const { pages, junk } = await readCatalogIndex(inPassingPieces(input), span, maxPages);
        mustHold(pages.length <= maxPages, 'no more pages than asked for');
        mustHold(
          pages.every(({ at }, i) => at > span.after && at <= span.notAfter && (pages[i - 1]?.at ?? '') <= at),
          'pages are within the span, oldest first',
        );
        return `${pages.length} pages, ${Math.min(junk.length, 2)} junk`;
      } catch (error) {
        return refusing([UnreadableDocumentError], error);
      }
    },
  },
  {
    name: 'catalog-page',
    shape: 'json',
    seeds: [
      json({
        items: ['nuget:PackageDetails', ['nuget:PackageDelete']].map((type, i) => ({
          '@id': `https://source.example/data/2026.05.01.00.00.00/alpha.1.${i}.0.json`,
          '@type': type,
          commitTimeStamp: `2026-05-01T00:00:0${i}.1234567Z`,
          'nuget:id': 'Alpha',
          'nuget:version': `1.${i}.0-rc.1`,
        })),
      }),
    ],
    dictionary,
    async run(input) {
      try {
        const { events, count, junk } = await readCatalogPage(inPassingPieces(input), span);
        mustHold(events.length <= count, 'no event comes from nowhere');
        mustHold(
          events.every(({ at }) => at > span.after && at <= span.notAfter),
          'events are within the span',
        );
        mustHold(
          events.every((event, i) => i === 0 || byTime(events[i - 1] ?? event, event) <= 0),
          'events stand in the order of their commits',
        );
        return `${Math.min(events.length, 3)} events, ${Math.min(junk.length, 2)} junk`;
      } catch (error) {
        return refusing([UnreadableDocumentError], error);
      }
    },
  },
];
