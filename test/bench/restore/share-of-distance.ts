/**
 * Of the time that going to the source costs over having everything here, the part that remains. All in milliseconds.
 * @param folderMs with everything here: the client's own work
 */
export function shareOfDistance(throughMs = Number.NaN, directMs = Number.NaN, folderMs = Number.NaN): number {
  return (throughMs - folderMs) / (directMs - folderMs);
}
