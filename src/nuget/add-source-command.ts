/**
 * The line that makes a feed known to NuGet. Plain http must be allowed by name since NuGet 6.12 (NU1302). A key is stored as the password,
 * in clear text: NuGet encrypts on Windows only and refuses elsewhere.
 *
 * @param needsKey whether the feed is read with a key, which is left for the reader to fill in
 */
export function addSourceCommand(feedUrl: string, { needsKey = false }: { readonly needsKey?: boolean } = {}): string {
  return [
    `dotnet nuget add source ${feedUrl} --name larder`,
    ...(needsKey ? ['--username any --password YOUR_KEY --store-password-in-clear-text'] : []),
    ...(feedUrl.startsWith('http:') ? ['--allow-insecure-connections'] : []),
  ].join(' ');
}

/** The line that adds a package to a project. */
export const addPackageCommand = (id: string, version: string): string =>
  `dotnet add package ${id} --version ${version}`;
