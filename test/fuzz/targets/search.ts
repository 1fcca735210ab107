import { UnreadableDocumentError } from '../../../src/codec/json-document.js';
import { renderCompletions, renderSearchPage } from '../../../src/nuget/search-document.js';
import { uniteHits } from '../../../src/nuget/search-merge.js';
import { readCompletions, readSearchPage } from '../../../src/sources/v3/search-document.js';
import { inPassingPieces, mustHold, refusing } from '../target.js';
import type { Target } from '../target.js';

const bases = {
  registration: 'https://ours.example/r/',
  flat: 'https://ours.example/f/',
  details: 'https://ours.example/d/',
};
const isOwnAddress = (url: string) => url.startsWith('https://source.example/flat/');
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const hit = {
  '@id': 'https://source.example/r/some.package/index.json',
  id: 'Some.Package',
  version: '1.2.3-beta.1+build',
  description: 'Text \u{1f4e6}',
  authors: ['One', 'Two'],
  owners: 'one,two',
  tags: 'a b',
  iconUrl: 'https://source.example/flat/some.package/1.2.3/icon',
  projectUrl: 'https://elsewhere.example',
  totalDownloads: 5,
  verified: true,
  packageTypes: [{ name: 'DotnetTool' }],
  versions: [{ version: '1.0.0', downloads: 3, '@id': 'x' }, { version: '1.2.3-beta.1+build' }],
  vulnerabilities: [{ advisoryUrl: 'https://elsewhere.example/a', severity: 2 }],
  deprecation: { reasons: ['Legacy'], message: 'm', alternatePackage: { id: 'Other', range: '*' } },
};
const words = [
  'data',
  'totalHits',
  'id',
  'version',
  'versions',
  'downloads',
  'authors',
  'owners',
  'tags',
  'packageTypes',
  'name',
  'severity',
  'advisoryUrl',
  'javascript:alert(1)',
  'https://source.example/flat/x',
  '\u0002',
];

export const targets: readonly Target[] = [
  {
    name: 'search-page',
    shape: 'json',
    seeds: [
      json({ '@context': {}, totalHits: 2, data: [hit, { id: 'Bare', version: '1.0' }] }),
      json({ totalHits: 0, data: [] }),
      json({ data: null }),
    ],
    dictionary: words,
    async run(input) {
      try {
        const page = await readSearchPage(inPassingPieces(input), isOwnAddress);
        mustHold(page.hits.length <= page.count, 'there are no more hits than results');
        const results = page.hits.map((one) => uniteHits([one]));
        const rendered = JSON.parse(renderSearchPage(page.totalHits ?? 0, results, bases).toString()) as {
          data: { id: string; version: string; versions: { version: string }[]; registration: string }[];
        };
        mustHold(rendered.data.length === results.length, 'every hit is shown');
        for (const { version, versions, registration } of rendered.data) {
          mustHold(
            versions.some((one) => one.version === version),
            'the version shown is one of the versions',
          );
          mustHold(registration.startsWith(bases.registration), 'registrations lie with us');
        }
        return `${Math.min(results.length, 4)} of ${Math.min(page.count, 4)} hits${page.totalHits === undefined ? '' : ' in all'}`;
      } catch (error) {
        return refusing([UnreadableDocumentError], error);
      }
    },
  },
  {
    name: 'autocomplete',
    shape: 'json',
    seeds: [json({ totalHits: 2, data: ['Some.Package', 'Other'] }), json({ data: ['not an id!', 7, null] })],
    dictionary: words,
    async run(input) {
      try {
        const { ids, count } = await readCompletions(inPassingPieces(input));
        mustHold(ids.length <= count, 'there are no more ids than elements');
        const texts = ids.map(({ text }) => text);
        JSON.parse(renderCompletions(count, texts).toString());
        return `${Math.min(texts.length, 4)} of ${Math.min(count, 4)}`;
      } catch (error) {
        return refusing([UnreadableDocumentError], error);
      }
    },
  },
];
