/**
 * Where the credentials of a source may be shown: at scheme, host and port of its configured address, and on hosts that many owners share
 * only below the part that is the owner's.
 */
export class CredentialScope {
  readonly #origin: string;
  /** Lower case, ending in a slash. */
  readonly #prefix: string;
  readonly #hosts: ReadonlySet<string>;

  /** @param hosts further hosts, with `:port` unless it is 443: over https, and only where no redirect led there */
  constructor(url: URL, hosts: readonly string[] = []) {
    this.#origin = url.origin;
    this.#prefix = ownersPart(url);
    this.#hosts = new Set(hosts.map((host) => new URL(`https://${host}`).origin));
  }

  /** @param from the address whose redirect led to `url`; absent where none did */
  covers(url: URL, from?: URL): boolean {
    if (url.origin === this.#origin) return isBelow(url.pathname, this.#prefix);
    return this.#hosts.has(url.origin) && (from === undefined || from.origin === url.origin);
  }

  /** Whether credentials of the connection itself may be shown there: it knows of no paths. */
  coversConnection(url: URL): boolean {
    return url.origin === this.#origin || this.#hosts.has(url.origin);
  }
}

/**
 * What of the path is the owner's.
 * - Azure Artifacts: the organisation. Its index answers with GUIDs of project and feed, so nothing longer holds.
 * - GitHub Packages: the owner.
 * - MyGet: the feed, `/F/{feed}/`; keys in its path (`/auth/{key}/`) come after that.
 * - GitLab: the project by number. A project asked for by its path answers with its number, and a group leads to packages of its projects, so
 *   these get the whole packages API.
 */
function ownersPart({ hostname, pathname }: URL): string {
  const path = pathname.toLowerCase();
  const [first = ''] = path.split('/').filter((step) => step !== '');
  if ((hostname === 'pkgs.dev.azure.com' || hostname === 'nuget.pkg.github.com') && first !== '') return `/${first}/`;
  if (hostname === 'myget.org' || hostname.endsWith('.myget.org')) return /^\/f\/[^/]+\//.exec(path)?.[0] ?? '/';
  const [gitlab] = /^.*?\/api\/v4\/(?:projects\/\d+\/|(?=(?:projects|groups)\/))/.exec(path) ?? [];
  if (gitlab !== undefined && path.includes('/packages/nuget')) return gitlab;
  return '/';
}

function isBelow(pathname: string, prefix: string): boolean {
  const path = `${pathname.toLowerCase()}/`;
  // A server that decodes these would leave the owner's part.
  const climbs = prefix !== '/' && /(?:\/|%2f|%5c|\\)(?:\.|%2e){2}(?:\/|%2f|%5c|\\)/.test(path);
  return path.startsWith(prefix) && !climbs;
}
