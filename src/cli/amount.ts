import type { Progress } from '../feed/maintenance.js';

/** `3 of 7 packages`, `1.2 of 3.4 GB`. */
export function amountOf({ done, total, unit }: Progress): string {
  if (unit !== 'bytes') return `${done} of ${total} ${unit}`;
  return `${bytesText(done)} of ${bytesText(total)}`;
}

/** In the largest unit that leaves at least one before the point: `MB` is 10^6 bytes. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let [amount, unit] = [bytes, 0];
  for (; amount >= 1000 && unit < units.length - 1; unit++) amount /= 1000;
  return `${unit === 0 ? amount : amount.toFixed(1)} ${units[unit] ?? ''}`;
}
