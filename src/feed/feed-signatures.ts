import { sha256Fingerprint } from '../nuget/repository-signatures.js';
import type { RepositorySignatureClaim, SigningCertificate } from '../nuget/repository-signatures.js';
import type { Clock } from '../ops/clock.js';
import { found, missing } from './answer.js';
import type { Answer } from './answer.js';
import { worstState } from './cache-state.js';
import type { CacheState } from './cache-state.js';
import { offeredBy } from './offered-resources.js';
import type { ReadThrough } from './read-through.js';
import type { Told } from './told.js';
import { readSignatures, signatures, signaturesFact } from './signatures-fact.js';
import type { FactStore } from './store.js';
import { within } from './within.js';

export interface FeedSignaturesOptions {
  readonly members: readonly ReadThrough[];
  readonly facts: FactStore;
  readonly clock: Clock;
  /** How long the service index waits to hear what a source offers, in milliseconds. */
  readonly offerGraceMs: number;
}

/** What a feed says of its signatures, with what the document's headers need. */
export interface FeedClaim extends RepositorySignatureClaim {
  readonly sources: readonly string[];
  readonly state: CacheState;
  readonly freshUntilMs: number;
  readonly checkedAtMs: number;
}

/**
 * What a feed says of its repository signatures. Clients refuse every package that does not keep to it (NU3004, NU3034), and with a list of
 * certificates also packages that others signed: so it says something only when every member does, and no more than all of them say.
 */
export class FeedSignatures {
  constructor(private readonly options: FeedSignaturesOptions) {}

  /**
   * Whether there is a claim, and it is at hand: a client that is led to a claim and gets none gives up the feed (NU1301).
   */
  async areOffered(): Promise<boolean> {
    const { members, clock, offerGraceMs } = this.options;
    const offers = await offeredBy(members, clock, offerGraceMs);
    if (!offers.every((offered) => offered?.repositorySignatures === true)) return false;
    const told = await within(clock, offerGraceMs, this.#told(), () => undefined);
    return told?.every(({ answer }) => answer.kind === 'found') ?? false;
  }

  /** The claim: an empty one when a member makes none, for clients that still remember another. */
  async claim(): Promise<Answer<FeedClaim>> {
    const told = await this.#told();
    for (const { answer } of told) if (answer.kind === 'failed' || answer.kind === 'refused') return answer;
    const facts = told.flatMap(({ answer }) => (answer.kind === 'found' ? [answer.value] : []));
    const heads = facts.length === told.length ? facts.map(readSignatures) : [];
    const certificates = new Map<string, SigningCertificate>();
    for (const head of heads)
      for (const { facts: certificate } of head.certificates)
        if (!certificates.has(sha256Fingerprint(certificate)))
          certificates.set(sha256Fingerprint(certificate), certificate);
    return found({
      allRepositorySigned: heads.length > 0 && heads.every(({ allRepositorySigned }) => allRepositorySigned),
      certificates: [...certificates.values()],
      sources: facts.map(({ key }) => key.source),
      state: worstState(told.map(({ state }) => state)),
      freshUntilMs: Math.min(...told.map(({ freshUntilMs }) => freshUntilMs)),
      checkedAtMs: Math.min(...told.map(({ checkedAtMs }) => checkedAtMs)),
    });
  }

  /** A certificate that the claim names, DER, and the source that gave it. @param fingerprint SHA-256, lower-case hex */
  async certificate(fingerprint: string): Promise<Answer<{ readonly bytes: Buffer; readonly source: string }>> {
    const told = await this.#told();
    for (const { answer } of told) {
      if (answer.kind !== 'found') continue;
      const fact = answer.value;
      for (const { facts, part } of readSignatures(fact).certificates) {
        if (part === undefined || sha256Fingerprint(facts) !== fingerprint) continue;
        const bytes = await this.options.facts.readPart(fact, part);
        if (bytes) return found({ bytes, source: fact.key.source });
      }
    }
    for (const { answer } of told) if (answer.kind === 'failed' || answer.kind === 'refused') return answer;
    return missing;
  }

  #told(): Promise<readonly Told[]> {
    return Promise.all(this.options.members.map((member) => member.read(signaturesFact, signatures)));
  }
}
