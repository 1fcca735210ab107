import { setFlagsFromString } from 'node:v8';

const lastHasty = 11;

/**
 * Has V8 before 12 (Node 20) wait longer before it optimizes a function. By default that begins after little use: of a restore through a
 * process that has just begun a fifth of the processor time went there, for code that runs a few hundred times. With eight times the patience
 * the restore costs a quarter less, and what is really hot is optimized all the same. Later versions have a compiler in between and do well by
 * themselves.
 */
export function compileLater(): void {
  if (Number.parseInt(process.versions.v8, 10) <= lastHasty) setFlagsFromString('--interrupt-budget=528000');
}
