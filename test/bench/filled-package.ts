const versionsPerId = 10;

/** The id and version of a package of a filled store, by its number from 0 on. */
export function filledPackage(number: number): { readonly id: string; readonly version: string } {
  return { id: `Bench.Package${Math.floor(number / versionsPerId)}`, version: `1.0.${number % versionsPerId}` };
}
