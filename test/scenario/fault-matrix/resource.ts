import type { LarderUnderTest, Reply } from '../../support/larder.js';
import { makeNuspec } from '../../support/nupkg.js';
import { paths } from '../../support/scripted-documents.js';
import type { PackageScript, ScriptedSource } from '../../support/scripted-source.js';
import { advisory } from '../../support/scripted-vulnerabilities.js';

export type ResourceName =
  | 'service index'
  | 'behind the index'
  | 'version list'
  | 'registration page'
  | 'registration leaf'
  | 'nupkg'
  | 'nuspec'
  | 'search'
  | 'vulnerabilities';

/** What is asked in one column. Each has a source, a feed and an id of its own, so that no column learns of another's failures. */
export interface Resource {
  readonly name: ResourceName;
  /** Of its source and feed. */
  readonly feed: string;
  readonly id: string;
  readonly versions: readonly string[];
  /** Bytes that nothing shrinks, in each of its packages. */
  readonly fillerBytes: number;
  /** What is asked at the source for it. */
  readonly asked: RegExp;
  /** Below the feed. */
  readonly path: string;
  /** Whether a plain 404 from the source says that the package is not there. */
  readonly mayBeAbsent: boolean;
  /** What the source publishes between the two times, where without news the document in question is not asked for again. */
  readonly news?: PackageScript;
  ask(larder: LarderUnderTest): Promise<Reply>;
  isRight(source: ScriptedSource, reply: Reply): boolean;
}

/** More than is waited for before the first byte goes out: a bad one can only be broken off. */
const streamedBytes = 400_000;

interface Listed {
  readonly items: readonly { readonly catalogEntry: { readonly id: string; readonly version: string } }[];
}
interface Hit {
  readonly id: string;
  readonly version: string;
  readonly versions: readonly { readonly version: string }[];
}

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

function resource(
  name: ResourceName,
  traits: Pick<Resource, 'asked' | 'isRight'> & {
    readonly path: (id: string) => string;
    readonly versions?: readonly string[];
  } & Partial<Omit<Resource, 'path'>>,
): Resource {
  const feed = name.replaceAll(' ', '-');
  const id = `Of.${feed}`;
  const path = `feeds/${feed}/v3/${traits.path(id.toLowerCase())}`;
  return {
    ...{ versions: ['1.0.0'], fillerBytes: 2_000, mayBeAbsent: false, ask: (larder) => larder.get(path) },
    ...{ ...traits, name, feed, id, path },
  };
}

const versionsOf = (reply: Reply) => reply.json<{ readonly versions?: unknown }>().versions;
const serviceIndex = new RegExp(`^/${paths.index}$`);

export const resources: readonly Resource[] = [
  resource('service index', {
    asked: serviceIndex,
    path: () => 'index.json',
    isRight: (_, reply) => {
      const { version, resources: offered } = reply.json<{ version: string; resources: { '@type': string }[] }>();
      return version === '3.0.0' && offered.some((one) => one['@type'] === 'PackageBaseAddress/3.0.0');
    },
  }),
  resource('behind the index', {
    asked: serviceIndex,
    path: (id) => `flat/${id}/index.json`,
    isRight: (_, reply) => same(versionsOf(reply), ['1.0.0']),
  }),
  resource('version list', {
    asked: /^\/(moved\/)?v3-flatcontainer\/[^/]+\/index\.json$/,
    path: (id) => `flat/${id}/index.json`,
    versions: ['1.0.0', '1.1.0'],
    mayBeAbsent: true,
    isRight: (_, reply) => same(versionsOf(reply), ['1.0.0', '1.1.0']),
  }),
  resource('registration page', {
    asked: /\/page\//,
    path: (id) => `registration-semver2/${id}/page/1.0.0/4.0.0.json`,
    versions: ['1.0.0', '2.0.0', '3.0.0', '4.0.0'],
    // Not on the page that is asked for, which therefore stays as it is.
    news: { id: 'Of.registration-page', version: '5.0.0' },
    isRight: (_, reply) =>
      same(
        reply.json<Listed>().items.map(({ catalogEntry: { id, version } }) => `${id} ${version}`),
        ['1.0.0', '2.0.0', '3.0.0', '4.0.0'].map((version) => `Of.registration-page ${version}`),
      ),
  }),
  resource('registration leaf', {
    asked: /semver2\/[^/]+\/index\.json$/,
    path: (id) => `registration-semver2/${id}/1.0.0.json`,
    mayBeAbsent: true,
    isRight: (_, reply) => {
      const leaf = reply.json<{ '@id': string; listed: boolean; packageContent: string }>();
      return (
        leaf.listed &&
        leaf['@id'].endsWith('/of.registration-leaf/1.0.0.json') &&
        leaf.packageContent.endsWith('/of.registration-leaf/1.0.0/of.registration-leaf.1.0.0.nupkg')
      );
    },
  }),
  resource('nupkg', {
    asked: /\.nupkg$/,
    path: (id) => `flat/${id}/1.0.0/${id}.1.0.0.nupkg`,
    fillerBytes: streamedBytes,
    mayBeAbsent: true,
    isRight: (source, { body }) => body.equals(source.package('Of.nupkg', '1.0.0').bytes),
  }),
  resource('nuspec', {
    // Nothing but the package is ever asked for it: it is cut out of what was admitted.
    asked: /\.nupkg$/,
    path: (id) => `flat/${id}/1.0.0/${id}.nuspec`,
    mayBeAbsent: true,
    isRight: (source, reply) => reply.text() === makeNuspec(source.package('Of.nuspec', '1.0.0').script),
  }),
  resource('search', {
    asked: /^\/(moved\/)?query\?/,
    path: () => 'search?q=of.search&prerelease=true&semVerLevel=2.0.0',
    isRight: (_, reply) => {
      const { totalHits, data } = reply.json<{ totalHits: number; data: readonly Hit[] }>();
      const shown = data.map(({ id, version, versions }) => [id, version, versions.map((one) => one.version)]);
      return totalHits === 1 && same(shown, [['Of.search', '1.0.0', ['1.0.0']]]);
    },
  }),
  resource('vulnerabilities', {
    asked: /vulnerabilit/,
    path: () => 'vulnerabilities/index.json',
    ask: askVulnerabilities,
    isRight: (_, reply) => same(reply.json(), known),
  }),
];

/** What the source of the last column knows. */
export const known = { 'of.vulnerabilities': [advisory(1)] };

/** The page that the index names, as a client goes on; the index where it is no index. */
async function askVulnerabilities(larder: LarderUnderTest): Promise<Reply> {
  const index = await larder.get('feeds/vulnerabilities/v3/vulnerabilities/index.json');
  if (index.status !== 200) return index;
  const base = index.json<{ '@name': string; '@id': string }[]>().find((page) => page['@name'] === 'base');
  if (base === undefined) throw new Error(`an index of no page: ${index.text()}`);
  const page = await larder.get(new URL(base['@id']).pathname.slice(1));
  return page.status === 200 ? { ...page, headers: { ...page.headers, 'x-cache': index.headers['x-cache'] } } : page;
}
