/** The line that makes a feed known to NuGet. Plain http must be allowed by name since NuGet 6.12 (NU1302). */
export function addSourceCommand(feedUrl: string): string {
  return `dotnet nuget add source ${feedUrl} --name larder${feedUrl.startsWith('http:') ? ' --allow-insecure-connections' : ''}`;
}

/** The line that adds a package to a project. */
export const addPackageCommand = (id: string, version: string): string =>
  `dotnet add package ${id} --version ${version}`;
