import { leafPath, packageFilePath } from '../../src/nuget/paths.js';
import type { ScriptedPackage } from './scripted-package.js';

/*
 * A V3 server's search and completion as plain values, pure. What is found keeps the order in which the ids were added: the script decides
 * the ranking.
 */

type Id = readonly ScriptedPackage[];

/** Finds ids that hold every word of `q` in the id or the texts of its latest version; `id:` and `packageid:` are passed over. */
export function searchDocument(root: string, ids: readonly Id[], parameters: URLSearchParams): object {
  const words = (parameters.get('q') ?? '')
    .toLowerCase()
    .replaceAll(/\b(?:package)?id:/g, '')
    .split(/[^\p{L}\p{N}.]+/u)
    .filter((word) => word !== '');
  const found = shown(ids, parameters).filter((versions) => words.every((word) => textOf(versions).includes(word)));
  return { totalHits: found.length, data: page(found, parameters).map((versions) => hit(root, versions)) };
}

export function completionDocument(ids: readonly Id[], parameters: URLSearchParams): object {
  const text = (parameters.get('q') ?? '').toLowerCase();
  const found = shown(ids, parameters).filter(([first]) => `.${first?.identity.id.key ?? ''}`.includes(`.${text}`));
  return { totalHits: found.length, data: page(found, parameters).map(([first]) => first?.script.id) };
}

/** Each id with the versions that the parameters let be seen. */
function shown(ids: readonly Id[], parameters: URLSearchParams): Id[] {
  const type = parameters.get('packageType')?.toLowerCase();
  return ids
    .map((versions) =>
      versions.filter(
        (one) =>
          one.isListed &&
          (parameters.get('prerelease') === 'true' || !one.identity.version.isPrerelease) &&
          (parameters.get('semVerLevel') === '2.0.0' || !one.isSemVer2),
      ),
    )
    .filter((versions) => versions.length > 0)
    .filter((versions) => type === undefined || typesOf(versions).some(({ name }) => name.toLowerCase() === type));
}

function page<T>(found: readonly T[], parameters: URLSearchParams): readonly T[] {
  const skip = Number(parameters.get('skip') ?? 0);
  return found.slice(skip, skip + Number(parameters.get('take') ?? 20));
}

function hit(root: string, versions: Id): object {
  const latest = versions.at(-1) as ScriptedPackage;
  const base = `${root}v3/registration5-gz-semver2/`;
  const registration = `${base}${latest.identity.id.key}/index.json`;
  return {
    '@id': registration,
    '@type': 'Package',
    registration,
    id: latest.script.id,
    version: latest.identity.version.full,
    description: `${latest.script.id} of a scripted source`,
    summary: '',
    title: latest.script.id,
    iconUrl: `${root}v3-flatcontainer/${packageFilePath(latest.identity, 'icon')}`,
    authors: ['Scripted'],
    owners: ['scripted'],
    tags: [],
    totalDownloads: 1000,
    verified: true,
    packageTypes: [{ name: 'Dependency' }],
    versions: versions.map((one) => ({
      version: one.identity.version.full,
      downloads: 10,
      '@id': base + leafPath(one.identity),
    })),
    ...latest.script.entryExtras,
  };
}

function typesOf(versions: Id): readonly { readonly name: string }[] {
  const { packageTypes } = versions.at(-1)?.script.entryExtras ?? {};
  return Array.isArray(packageTypes) ? (packageTypes as { name: string }[]) : [{ name: 'Dependency' }];
}

function textOf(versions: Id): string {
  const { id, entryExtras = {} } = (versions.at(-1) as ScriptedPackage).script;
  return JSON.stringify([id, entryExtras]).toLowerCase();
}
