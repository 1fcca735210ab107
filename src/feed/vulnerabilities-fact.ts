import { setImmediate as nextTurn } from 'node:timers/promises';

import type { KnownVulnerability, PackageVulnerabilities } from '../nuget/known-vulnerability.js';
import { missing } from './answer.js';
import type { FactShape, Subject } from './fact-shape.js';
import { FactReplacedError } from './registration-fact.js';
import type { VulnerabilityListing, VulnerabilityPageMark } from './source.js';
import type { Fact, FactStore } from './store.js';
import { wholeSource } from './whole-source.js';

/** A part is parsed and merged in one go: about 2 ms. */
const partBytes = 32 * 1024;

/** Head of a `vulnerabilities` fact: its pages in order; each has parts of its own, one behind the other. */
type VulnerabilitiesHead = readonly (VulnerabilityPageMark & { readonly parts: number })[];

/** An id with its advisories, as kept. */
type Row = readonly [id: string, ...(readonly [severity: number, url: string, versions: string])[]];

/** What one source knows, page by page: pages that have not changed are taken over from what is kept. */
export const vulnerabilitiesFact: FactShape<VulnerabilityListing, Subject> = {
  kind: 'vulnerabilities',
  ask: async (source, _subject, ask, kept) =>
    source.vulnerabilities ? source.vulnerabilities(ask, kept ? readVulnerabilityPages(kept) : []) : missing,
  keep: async ({ pages, unparsable }, kept, facts) => {
    const head: VulnerabilitiesHead[number][] = [];
    const parts: Buffer[] = [];
    for (const { packages, ...mark } of pages) {
      const own = 'unchanged' in packages ? await readParts(facts, kept, packages.unchanged) : await pack(packages);
      parts.push(...own);
      head.push({ ...mark, parts: own.length });
    }
    return { head, parts, unparsable };
  },
  dropped: 'entries that NuGet cannot read were dropped from the vulnerabilities',
};

export const vulnerabilities = wholeSource('known vulnerabilities');

export function readVulnerabilityPages(fact: Fact): readonly VulnerabilityPageMark[] {
  return fact.head as VulnerabilitiesHead;
}

/**
 * The ids of one page, part by part.
 * @throws FactReplacedError when the fact was replaced meanwhile
 */
export async function* readVulnerabilityPage(
  facts: FactStore,
  fact: Fact,
  page: number,
): AsyncGenerator<readonly PackageVulnerabilities[]> {
  const [first, end] = partsOf(fact, page);
  for (let part = first; part < end; part++) {
    const rows = JSON.parse((await readPart(facts, fact, part)).toString('utf8')) as readonly Row[];
    yield rows.map(([id, ...advisories]) => ({
      id,
      advisories: advisories.map(([severity, url, versions]): KnownVulnerability => ({ severity, url, versions })),
    }));
  }
}

async function pack(packages: readonly PackageVulnerabilities[]): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  let rows: string[] = [];
  let length = 0;
  for (const { id, advisories } of packages) {
    const row: Row = [id, ...advisories.map(({ severity, url, versions }) => [severity, url, versions] as const)];
    const text = JSON.stringify(row);
    rows.push(text);
    length += text.length;
    if (length < partBytes) continue;
    parts.push(Buffer.from(`[${rows.join(',')}]`));
    rows = [];
    length = 0;
    await nextTurn();
  }
  if (rows.length > 0) parts.push(Buffer.from(`[${rows.join(',')}]`));
  return parts;
}

async function readParts(facts: FactStore, fact: Fact | undefined, page: number): Promise<Buffer[]> {
  if (!fact) throw new FactReplacedError('no vulnerabilities are kept');
  const [first, end] = partsOf(fact, page);
  const parts: Buffer[] = [];
  for (let part = first; part < end; part++) parts.push(await readPart(facts, fact, part));
  return parts;
}

function partsOf(fact: Fact, page: number): [first: number, end: number] {
  const head = fact.head as VulnerabilitiesHead;
  const first = head.slice(0, page).reduce((sum, { parts }) => sum + parts, 0);
  return [first, first + (head[page]?.parts ?? 0)];
}

async function readPart(facts: FactStore, fact: Fact, part: number): Promise<Buffer> {
  const bytes = await facts.readPart(fact, part);
  if (!bytes) throw new FactReplacedError(`the vulnerabilities of ${fact.key.source} were replaced`);
  return bytes;
}
