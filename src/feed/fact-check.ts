import { readRegistrationEntry } from '../nuget/registration-entry.js';
import { PackageVersion } from '../nuget/package-version.js';
import { cursorOf } from './catalog-cursor.js';
import { readRegistration } from './registration-fact.js';
import { readSignatures } from './signatures-fact.js';
import type { Fact, FactKey, FactKind, FactStore } from './store.js';
import { uncomparedOf } from './uncompared.js';
import { readVersions } from './versions-fact.js';

/** Every kind there is: a kind that is forgotten here does not compile. */
export const factKinds = Object.keys({
  versions: true,
  registration: true,
  resources: true,
  vulnerabilities: true,
  signatures: true,
  catalog: true,
  uncompared: true,
} satisfies Record<FactKind, true>) as readonly FactKind[];

/** How often a fact that is replaced while it is being read is read again. */
const maxAttempts = 3;

/**
 * Reads a kept fact whole: every part is there, and says what such a fact says.
 *
 * @returns what is wrong, in words; `undefined` when nothing is, or the fact is gone
 */
export async function checkFact(facts: FactStore, key: FactKey): Promise<string | undefined> {
  for (let attempt = 1; ; attempt++) {
    let fact: Fact | undefined;
    try {
      fact = await facts.read(key);
      if (fact === undefined) return undefined;
      const flaw = await flawOf(facts, fact);
      if (flaw === undefined) return undefined;
      if (attempt === maxAttempts || (await facts.read(key))?.epoch === fact.epoch) return flaw;
    } catch (error) {
      return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
}

async function flawOf(facts: FactStore, fact: Fact): Promise<string | undefined> {
  const parts: Buffer[] = [];
  for (let part = 0; part < fact.partCount; part++) {
    const bytes = await facts.readPart(fact, part);
    if (bytes === undefined) return `part ${part} of ${fact.partCount} is missing`;
    parts.push(bytes);
  }
  return fact.state === 'missing' || says[fact.key.kind](fact, parts)
    ? undefined
    : 'it does not say what such a fact says';
}

/** Whether a fact of the kind says what it should. They may throw, too. */
const says: Record<FactKind, (fact: Fact, parts: readonly Buffer[]) => boolean> = {
  versions: (fact) => readVersions(fact).versions.every((version) => PackageVersion.tryParse(version) !== undefined),
  registration: (fact, parts) =>
    readRegistration(fact).rows.every(({ key, part, offset, length }) => {
      const bytes = parts[part];
      if (!bytes || offset + length > bytes.length) return false;
      return readRegistrationEntry(bytes.subarray(offset, offset + length))?.identity.version.key === key;
    }),
  resources: ({ head }) => typeof head === 'object' && head !== null,
  vulnerabilities: ({ head }, parts) =>
    Array.isArray(head) && parts.every((part) => Array.isArray(JSON.parse(part.toString('utf8')))),
  signatures: (fact, parts) =>
    readSignatures(fact).certificates.every(({ part }) => part === undefined || parts[part] !== undefined),
  catalog: ({ head }) => cursorOf(head) !== undefined,
  uncompared: ({ head }) => uncomparedOf(head) !== undefined,
};
