import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';

import { PackageId } from '../nuget/package-id.js';
import type { PackageVulnerabilities } from '../nuget/known-vulnerability.js';
import { renderVulnerabilityIndex, VulnerabilityUnion } from '../nuget/vulnerability-union.js';
import type { VulnerabilityPageName } from '../nuget/vulnerability-union.js';
import { eligibleSources } from '../policy/source-mapping.js';
import type { MappedSource } from '../policy/source-mapping.js';
import type { Clock } from '../ops/clock.js';
import { missing } from './answer.js';
import type { Answer } from './answer.js';
import type { FeedDocument } from './feed.js';
import { gather } from './gather.js';
import type { Gathered, OnSourceFailure } from './gather.js';
import { offeredBy } from './offered-resources.js';
import type { ReadThrough } from './read-through.js';
import { FactReplacedError } from './registration-fact.js';
import type { RequestBudget } from './request-budget.js';
import type { Fact, FactStore } from './store.js';
import {
  readVulnerabilityPage,
  readVulnerabilityPages,
  vulnerabilities,
  vulnerabilitiesFact,
} from './vulnerabilities-fact.js';

export interface FeedVulnerabilitiesOptions {
  /** Members in order of precedence. */
  readonly members: readonly ReadThrough[];
  /** Every configured source: the patterns of all of them count. */
  readonly mapping: readonly MappedSource[];
  readonly facts: FactStore;
  readonly onSourceFailure: OnSourceFailure;
  readonly clock: Clock;
  /** How long the service index waits to hear what a source offers, in milliseconds. */
  readonly offerGraceMs: number;
  /** The time of one client's request; absent: as much as the sources take. */
  readonly newBudget?: () => RequestBudget;
}

interface Page {
  readonly body: Buffer;
  /** Differs between two contents: hex. */
  readonly version: string;
  /** ISO 8601 in UTC. */
  readonly updated: string;
}

type Pages = Readonly<Record<VulnerabilityPageName, Page>>;

/** A page's address is made of its version, so whoever has it may keep it for long, in milliseconds. */
const pageLifetimeMs = 7 * 24 * 3_600_000;
const maxAttempts = 3;
const never = new Date(0).toISOString();

/**
 * What all sources of a feed know against packages, as one. An id's advisories count from every source that may serve the id: what others
 * say on that name is about another package.
 */
export class FeedVulnerabilities {
  /** The pages made last, and of which facts. */
  #made: { readonly of: string; readonly pages: Promise<Pages> } | undefined;

  constructor(private readonly options: FeedVulnerabilitiesOptions) {}

  /** Whether there is anything to ask for. Only when every source said itself that it offers nothing, there is not. */
  async areOffered(): Promise<boolean> {
    const { members, clock, offerGraceMs } = this.options;
    const offers = await offeredBy(members, clock, offerGraceMs);
    return offers.some((offered) => offered?.vulnerabilities !== false);
  }

  /** @param urlOf makes the address of a page of ours */
  async index(urlOf: (name: VulnerabilityPageName, version: string) => string): Promise<Answer<FeedDocument>> {
    return this.#document(({ base, update }) => ({
      body: renderVulnerabilityIndex([
        { name: 'base', url: urlOf('base', base.version), updated: base.updated },
        { name: 'update', url: urlOf('update', update.version), updated: update.updated },
      ]),
    }));
  }

  /** A page as it is now: a client that kept an older index gets what is known meanwhile, rather than nothing. */
  async page(name: VulnerabilityPageName): Promise<Answer<FeedDocument & { readonly version: string }>> {
    return this.#document((pages) => ({
      body: pages[name].body,
      version: pages[name].version,
      lifetimeMs: pageLifetimeMs,
    }));
  }

  async #document<T extends { readonly body: Buffer }>(take: (pages: Pages) => T): Promise<Answer<FeedDocument & T>> {
    for (let attempt = 1; ; attempt++) {
      const gathered = await this.#gather();
      if (gathered.kind !== 'found') return gathered;
      const { facts, ...rest } = gathered.value;
      // Each of them said itself that it offers none.
      if (facts.length === 0) return missing;
      try {
        const taken = take(await this.#pagesOf(facts));
        const sources = facts.map(({ key }) => key.source);
        const lifetimeMs = Math.max(0, rest.freshUntilMs - rest.checkedAtMs);
        return { kind: 'found', value: { ...rest, sources, lifetimeMs, ...taken } };
      } catch (error) {
        // A refresh replaced a fact while it was being read.
        if (!(error instanceof FactReplacedError) || attempt === maxAttempts) throw error;
      }
    }
  }

  async #gather(): Promise<Answer<Gathered>> {
    const { members, onSourceFailure, newBudget } = this.options;
    const budget = newBudget?.();
    return gather(
      await Promise.all(members.map((member) => member.read(vulnerabilitiesFact, vulnerabilities, budget))),
      onSourceFailure,
    );
  }

  async #pagesOf(facts: readonly Fact[]): Promise<Pages> {
    const of = facts.map(({ key, epoch }) => `${key.source} ${epoch}`).join('\n');
    const made = this.#made?.of === of ? this.#made : { of, pages: this.#make(facts) };
    this.#made = made;
    try {
      return await made.pages;
    } catch (error) {
      if (this.#made === made) this.#made = undefined;
      throw error;
    }
  }

  async #make(facts: readonly Fact[]): Promise<Pages> {
    const union = new VulnerabilityUnion();
    let baseUpdated = never;
    let updateUpdated = never;
    for (const fact of facts)
      for (const [place, { updated }] of readVulnerabilityPages(fact).entries()) {
        if (place === 0) baseUpdated = later(baseUpdated, updated);
        else updateUpdated = later(updateUpdated, updated);
        for await (const packages of readVulnerabilityPage(this.options.facts, fact, place)) {
          for (const known of packages)
            if (this.#mayTell(fact.key.source, known)) union.add(place === 0 ? 'base' : 'update', known);
          await nextTurn();
        }
      }
    const base = await finish(union.render('base'), baseUpdated);
    const update = await finish(union.render('update'), later(baseUpdated, updateUpdated));
    return { base, update };
  }

  #mayTell(source: string, { id }: PackageVulnerabilities): boolean {
    const parsed = PackageId.tryParse(id);
    return parsed !== undefined && eligibleSources(parsed, this.options.mapping).includes(source);
  }
}

/** Characters between two turns of the event loop: about 1 ms. */
const sliceLength = 64 * 1024;

async function finish(rendered: Iterable<string>, updated: string): Promise<Page> {
  const pieces: Buffer[] = [];
  const hash = createHash('sha256');
  let slice = '';
  const close = () => {
    const piece = Buffer.from(slice);
    hash.update(piece);
    pieces.push(piece);
    slice = '';
  };
  for (const text of rendered) {
    slice += text;
    if (slice.length < sliceLength) continue;
    close();
    await nextTurn();
  }
  close();
  return { body: Buffer.concat(pieces), version: hash.digest('hex').slice(0, 24), updated };
}

const later = (a: string, b: string) => (a > b ? a : b);
