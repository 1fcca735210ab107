const feedQuery = (feed: string | undefined) => (feed === undefined ? '' : `feed=${encodeURIComponent(feed)}`);

/** The page of a package, or of one of its versions. */
export function packageHref(root: string, id: string, version?: string, feed?: string): string {
  const path = [id, ...(version === undefined ? [] : [version])].map(encodeURIComponent).join('/');
  const query = feedQuery(feed);
  return `${root}packages/${path}${query === '' ? '' : `?${query}`}`;
}

/** The same search, at another place of its results. */
export function searchHref(
  {
    root,
    q,
    prerelease,
    take,
    feed,
  }: {
    readonly root: string;
    readonly q: string;
    readonly prerelease: boolean;
    readonly take: number;
    readonly feed?: string;
  },
  skip: number,
): string {
  const query = new URLSearchParams({ q, skip: String(skip), take: String(take) });
  if (!prerelease) query.set('prerelease', 'false');
  if (feed !== undefined) query.set('feed', feed);
  return `${root}packages?${query.toString()}`;
}
