import type { FeedListing } from '../feed/feed.js';
import type { PackageIdentity } from '../nuget/package-identity.js';
import type { ShownPackage, ShownVersion } from '../ui/package-page.js';
import { list, object, text, texts } from './json-members.js';

/** The version a person most likely means: the highest stable one that is listed, else the highest listed, else the highest. */
export function versionToShow(versions: FeedListing['versions']): string | undefined {
  const descending = [...versions].reverse();
  const listed = descending.filter((each) => each.listed);
  const stable = listed.find(({ version }) => !version.split('+', 1)[0]?.includes('-'));
  return (stable ?? listed[0] ?? descending[0])?.version;
}

/** @param details the package's details document as we render it, parsed */
export function showPackage(
  identity: PackageIdentity,
  details: unknown,
  listing: FeedListing,
  rest: Pick<ShownPackage, 'root' | 'feed' | 'feedUrl' | 'kept' | 'warning'>,
): ShownPackage {
  const entry = object(details);
  const own = listing.versions.find(({ version }) => sameVersion(version, identity));
  const deprecation = object(entry['deprecation']);
  const told = {
    description: text(entry['description']) ?? text(entry['summary']),
    authors: text(entry['authors']),
    published: text(entry['published']),
    projectUrl: text(entry['projectUrl']),
    licenseExpression: text(entry['licenseExpression']),
    licenseUrl: text(entry['licenseUrl']),
  };
  return {
    ...rest,
    ...(Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)) as Partial<ShownPackage>),
    id: text(entry['id']) ?? identity.id.text,
    version: identity.version.normalized,
    listed: own?.listed ?? true,
    source: own?.source ?? '',
    tags: list(entry['tags']).length > 0 ? list(entry['tags']).flatMap(words) : words(entry['tags']),
    ...(entry['deprecation'] !== undefined && {
      deprecation: {
        reasons: list(deprecation['reasons']).flatMap(texts),
        ...optional('message', text(deprecation['message'])),
        ...optional('alternate', text(object(deprecation['alternatePackage'])['id'])),
      },
    }),
    vulnerabilities: list(entry['vulnerabilities']).map((each) => ({
      advisoryUrl: text(object(each)['advisoryUrl']) ?? '',
      severity: text(object(each)['severity']) ?? '',
    })),
    dependencies: list(entry['dependencyGroups']).map((group) => ({
      framework: text(object(group)['targetFramework']) ?? '',
      packages: list(object(group)['dependencies']).map((dependency) => ({
        id: text(object(dependency)['id']) ?? '',
        range: text(object(dependency)['range']) ?? '',
      })),
    })),
    versions: [...listing.versions].reverse() satisfies readonly ShownVersion[],
  };
}

/** Full versions differ from the identity's in case and metadata at the most. */
function sameVersion(full: string, { version }: PackageIdentity): boolean {
  return full.split('+', 1)[0]?.toLowerCase() === version.key;
}

const words = (value: unknown): string[] => (text(value)?.split(/[\s,]+/) ?? []).filter((word) => word !== '');

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}
