export const amount = (count: number): string => count.toLocaleString('en');

/** As in `1.5 MB`: decimal units, one digit after the point. */
export function size(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toLocaleString('en', { maximumFractionDigits: power === 0 ? 0 : 1 })} ${units[power] ?? 'bytes'}`;
}

/** The day of an ISO date, as it stands there; nothing where there is none. */
export const day = (published: string | undefined): string => /^\d{4}-\d{2}-\d{2}/.exec(published ?? '')?.[0] ?? '';
