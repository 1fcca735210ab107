import { compareLabels } from './package-version.js';

/**
 * Order of two version keys (`PackageVersion.key`), the same as `PackageVersion.compare` without parsing them: merging sources compares
 * tens of thousands of versions.
 */
export function compareVersionKeys(a: string, b: string): number {
  if (a === b) return 0;
  let atA = 0;
  let atB = 0;
  for (let part = 0; part < 4; part++) {
    let numberA = 0;
    let numberB = 0;
    for (let digit; (digit = a.charCodeAt(atA) - zero) >= 0 && digit <= 9; atA++) numberA = numberA * 10 + digit;
    for (let digit; (digit = b.charCodeAt(atB) - zero) >= 0 && digit <= 9; atB++) numberB = numberB * 10 + digit;
    if (numberA !== numberB) return numberA - numberB;
    if (a.charCodeAt(atA) === dot) atA++;
    if (b.charCodeAt(atB) === dot) atB++;
  }
  const labelsA = atA < a.length ? a.slice(atA + 1).split('.') : [];
  const labelsB = atB < b.length ? b.slice(atB + 1).split('.') : [];
  return compareLabels(labelsA, labelsB);
}

/** The key of a version's full form: `1.0.0-RC.1+build` → `1.0.0-rc.1`. */
export function keyOfFull(full: string): string {
  const plus = full.indexOf('+');
  return (plus < 0 ? full : full.slice(0, plus)).toLowerCase();
}

const zero = 0x30;
const dot = 0x2e;
