import { LRUCache } from 'lru-cache';
import { UnreadableDocumentError } from '../../codec/json-document.js';
import { failed, found, missing, refused } from '../../feed/answer.js';
import type { Answer } from '../../feed/answer.js';
import type {
  Ask,
  CatalogNews,
  CatalogQuestion,
  CompletionPage,
  OfferedResources,
  PackageBytes,
  PublishedHash,
  RegistrationListing,
  RepositorySignatures,
  SearchPage,
  Source,
  SourceAnswer,
  VersionListing,
  VulnerabilityListing,
  VulnerabilityPageMark,
} from '../../feed/source.js';
import type { PackageId } from '../../nuget/package-id.js';
import { PackageIdentity } from '../../nuget/package-identity.js';
import { nupkgPath, versionListPath } from '../../nuget/paths.js';
import type { SearchQuery, SearchWindow } from '../../nuget/search-query.js';
import { readJson, smallDocumentBytes } from '../transport/json-reader.js';
import { Transport } from '../transport/transport.js';
import type { Document, DocumentAnswer, TransportOptions } from '../transport/transport.js';
import { CatalogWalk } from './catalog-walk.js';
import { askOfPackage, hasPackages } from './doubtful-absence.js';
import { askPublishedHash } from './published-hash.js';
import { findPackageContent, listLeaves } from './registration-listing.js';
import { RegistrationWalk } from './registration-walk.js';
import { askRepositorySignatures } from './repository-signatures.js';
import { addressBelow, liesBelow, resolveAddress } from './resource-address.js';
import { ServiceIndexMemo } from './service-index-memo.js';
import type { ServiceIndexAnswer } from './service-index-memo.js';
import { askCompletions, askSearch } from './search.js';
import { readServiceIndex } from './service-index.js';
import type { ServiceIndex } from './service-index.js';
import { listVersions, readVersionStrings } from './version-list.js';
import { VulnerabilityWalk } from './vulnerability-walk.js';

export interface V3SourceOptions extends Omit<TransportOptions, 'source' | 'url'> {
  readonly name: string;
  /** Of the service index. User info in it counts as basic auth where `auth` says nothing. */
  readonly url: string;
  readonly maxVersionsPerId: number;
  readonly serviceIndexTtlMs: number;
}

/** A version list's room for each version allowed: the longest in use take half of it. */
const bytesPerVersion = 64;
const leastListBytes = 1_048_576;
/** The pool's own time limits are coarse, by about a second: they shall speak first. */
const indexGraceMs = 2_000;
const maxHashesRemembered = 10_000;
/** An edited package has its details elsewhere, in milliseconds. */
const detailsTtlMs = 60_000;
/** Of so many newest versions of an id the details' addresses are remembered. */
const newestVersions = 64;

/** A NuGet server of the V3 protocol. */
export class V3Source implements Source {
  readonly name: string;
  readonly url: string;
  readonly #transport: Transport;
  readonly #index: ServiceIndexMemo;
  readonly #walk: RegistrationWalk;
  readonly #vulnerabilities: VulnerabilityWalk;
  readonly #catalog: CatalogWalk;
  /** Hashes that registrations told of in passing. */
  readonly #hashes = new LRUCache<string, string>({ max: maxHashesRemembered });
  /** Where the catalog's details of packages are, as registrations told just now. */
  readonly #details = new LRUCache<string, URL>({ max: maxHashesRemembered, ttl: detailsTtlMs });

  /** @throws TypeError when `options.url` is no URL */
  constructor(private readonly options: V3SourceOptions) {
    const url = new URL(options.url);
    this.name = options.name;
    this.url = withoutUserInfo(url).href;
    this.#transport = new Transport({ ...options, source: options.name, url });
    this.#index = new ServiceIndexMemo(() => this.#readIndex(url), options.serviceIndexTtlMs, options.clock);
    const { name: source, maxVersionsPerId, maxDocumentBytes } = options;
    this.#walk = new RegistrationWalk(this.#transport, { source, maxVersionsPerId, maxDocumentBytes });
    this.#vulnerabilities = new VulnerabilityWalk(this.#transport, { source, clock: options.clock });
    this.#catalog = new CatalogWalk(this.#transport, { source, maxDocumentBytes });
  }

  async versions(id: PackageId, ask: Ask): Promise<SourceAnswer<VersionListing>> {
    return askOfPackage(this.#index, ask.signal, (index) => this.#versions(index, id, ask));
  }

  async #versions(index: ServiceIndex, id: PackageId, ask: Ask): Promise<SourceAnswer<VersionListing>> {
    if (!index.flatContainer.areOffered) return this.#versionsOfRegistration(index, id, ask);
    const list = await this.#versionStrings(index, id, ask);
    if (list.kind !== 'found') return list;
    const listing = await listVersions(list.value.value);
    if (listing.versions.length === 0) return this.#refused('its version list holds nothing that NuGet can read');
    return found({ value: listing, validators: list.value.validators });
  }

  async registration(id: PackageId, ask: Ask): Promise<SourceAnswer<RegistrationListing>> {
    return askOfPackage(this.#index, ask.signal, (index) => this.#registration(index, id, ask));
  }

  async #registration(index: ServiceIndex, id: PackageId, ask: Ask): Promise<SourceAnswer<RegistrationListing>> {
    if (!index.registration.areOffered) return this.#registrationOfVersions(index, id, ask);
    const leaves = await this.#walk.all(index.registration, id, ask);
    if (leaves.kind !== 'found') return leaves;
    return this.#listing(index, id, leaves.value);
  }

  /** `ask.signal` counts until the package is open; after that `bytes.destroy()` ends it. */
  async download(identity: PackageIdentity, ask: Ask): Promise<Answer<PackageBytes>> {
    return askOfPackage(this.#index, ask.signal, (index) => this.#download(index, identity, ask));
  }

  async #download(
    { flatContainer, registration }: ServiceIndex,
    identity: PackageIdentity,
    ask: Ask,
  ): Promise<Answer<PackageBytes>> {
    if (flatContainer.areOffered)
      return flatContainer.inTurn((base) => this.#transport.package(addressBelow(base, nupkgPath(identity)), ask));
    const leaves = await this.#walk.near(registration, identity.id, identity.version, ask);
    if (leaves.kind === 'unchanged') return this.#unasked();
    if (leaves.kind !== 'found') return leaves;
    const content = findPackageContent(leaves.value.value, identity.version);
    if (content === undefined) return missing;
    const address = resolveAddress(content, leaves.value.url);
    if (address === undefined) return this.#refused('its registration gives no usable address for the package');
    return this.#transport.package(address, ask);
  }

  /**
   * Asks only a source that has a catalog: elsewhere the registrations that were read already are all there is to know, and asking
   * each time for what hardly any server tells would double the requests of a restore.
   */
  async publishedHash(identity: PackageIdentity, ask: Ask): Promise<Answer<PublishedHash>> {
    const sha512 = this.#hashes.get(identity.key);
    if (sha512 !== undefined) return found({ sha512 });
    const index = await this.#index.get(ask.signal);
    if (index.kind !== 'found') return index;
    if (!index.value.catalog.areOffered || !index.value.registration.areOffered) return missing;
    const at = this.#details.get(identity.key);
    return askPublishedHash(this.#transport, index.value, { identity, at }, this.name, ask);
  }

  async offers(ask: Ask): Promise<Answer<OfferedResources>> {
    const index = await this.#index.get(ask.signal);
    if (index.kind !== 'found') return index;
    const { vulnerabilities, repositorySignatures } = index.value;
    return found({
      vulnerabilities: vulnerabilities.areOffered,
      repositorySignatures: repositorySignatures.areOffered,
    });
  }

  async vulnerabilities(ask: Ask, kept: readonly VulnerabilityPageMark[]): Promise<SourceAnswer<VulnerabilityListing>> {
    const index = await this.#index.get(ask.signal);
    if (index.kind !== 'found') return index;
    const { vulnerabilities } = index.value;
    return vulnerabilities.areOffered ? this.#vulnerabilities.all(vulnerabilities, ask, kept) : missing;
  }

  async repositorySignatures(ask: Ask): Promise<SourceAnswer<RepositorySignatures>> {
    const index = await this.#index.get(ask.signal);
    if (index.kind !== 'found') return index;
    const { repositorySignatures } = index.value;
    if (!repositorySignatures.areOffered) return missing;
    return askRepositorySignatures(this.#transport, repositorySignatures, this.name, ask);
  }

  async search(query: SearchQuery, window: SearchWindow, ask: Ask): Promise<Answer<SearchPage>> {
    const index = await this.#index.get(ask.signal);
    return index.kind === 'found' ? askSearch(this.#transport, index.value, query, window, this.name, ask) : index;
  }

  async autocomplete(query: SearchQuery, window: SearchWindow, ask: Ask): Promise<Answer<CompletionPage>> {
    const index = await this.#index.get(ask.signal);
    return index.kind === 'found' ? askCompletions(this.#transport, index.value, query, window, this.name, ask) : index;
  }

  async catalog(question: CatalogQuestion, ask: Ask): Promise<Answer<CatalogNews>> {
    const index = await this.#index.get(ask.signal);
    if (index.kind !== 'found') return index;
    const [address] = index.value.catalog.all;
    return address ? this.#catalog.news(address, question, ask.signal) : missing;
  }

  /** By the head of its service index. */
  async probe(ask: Ask): Promise<Answer<unknown>> {
    return this.#transport.probe(new URL(this.options.url), ask);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** Nobody's signal ends this reading, since many may wait for it: it has a deadline of its own. */
  async #readIndex(url: URL): Promise<ServiceIndexAnswer> {
    const deadlineMs = this.options.timeouts.headersMs + this.options.timeouts.idleMs + indexGraceMs;
    const signal = AbortSignal.timeout(deadlineMs);
    try {
      const answer = await this.#transport.document(url, { signal }, readJson, smallDocumentBytes);
      if (answer.kind === 'missing') return this.#refused(this.#noIndex());
      if (answer.kind === 'unchanged') return this.#unasked();
      if (answer.kind !== 'found') return answer;
      return this.#judgeIndex(readServiceIndex(answer.value.value, answer.value.url));
    } catch (error) {
      if (error instanceof UnreadableDocumentError) return this.#refused(`its answer ${error.message}`);
      if (!signal.aborted) throw error;
      return failed({ source: this.name, code: 'source-timeout', detail: 'its service index did not come to an end' });
    }
  }

  #judgeIndex(index: ServiceIndex): ServiceIndexAnswer {
    const isUsable = hasPackages(index) || index.vulnerabilities.areOffered;
    return isUsable ? found(index) : this.#refused('its service index offers neither packages nor registrations');
  }

  async #versionStrings(index: ServiceIndex, id: PackageId, ask: Ask): Promise<DocumentAnswer<readonly unknown[]>> {
    const { maxVersionsPerId, maxDocumentBytes } = this.options;
    const maxBytes = Math.min(maxDocumentBytes, Math.max(leastListBytes, maxVersionsPerId * bytesPerVersion));
    const list = await index.flatContainer.inTurn<DocumentAnswer<readonly unknown[]>>((base) =>
      this.#transport.document(
        addressBelow(base, versionListPath(id)),
        ask,
        async (bytes) => readVersionStrings(await readJson(bytes)),
        maxBytes,
      ),
    );
    if (list.kind !== 'found') return list;
    const { length } = list.value.value;
    if (length === 0) return missing;
    if (length <= maxVersionsPerId) return list;
    const detail = `its version list has ${length} versions, more than the ${maxVersionsPerId} allowed`;
    return refused({ source: this.name, code: 'too-large', detail });
  }

  async #versionsOfRegistration(index: ServiceIndex, id: PackageId, ask: Ask): Promise<SourceAnswer<VersionListing>> {
    const leaves = await this.#walk.all(index.registration, id, ask);
    if (leaves.kind !== 'found') return leaves;
    const listing = await this.#listing(index, id, leaves.value);
    if (listing.kind !== 'found') return listing;
    const { value, validators } = listing.value;
    // Where nothing else tells where packages lie, a leaf that does not tell it either leads to none.
    const versions = value.leaves.filter(({ hasContent }) => hasContent).map((leaf) => leaf.version);
    return found({ value: { versions, unparsable: value.unparsable }, validators });
  }

  /** A source without registrations still lists versions: each makes a leaf that says no more than that. */
  async #registrationOfVersions(
    index: ServiceIndex,
    id: PackageId,
    ask: Ask,
  ): Promise<SourceAnswer<RegistrationListing>> {
    const list = await this.#versionStrings(index, id, ask);
    if (list.kind !== 'found') return list;
    const leaves = list.value.value.map((version) =>
      Buffer.from(JSON.stringify({ catalogEntry: { id: id.text, version, listed: true } })),
    );
    return this.#listing(index, id, { ...list.value, value: leaves });
  }

  async #listing(
    index: ServiceIndex,
    id: PackageId,
    { value, validators, url }: Document<readonly Buffer[]>,
  ): Promise<SourceAnswer<RegistrationListing>> {
    if (value.length === 0) return missing;
    const isOwnAddress = (url: string) => index.flatContainer.all.some((base) => liesBelow(base, url));
    const listing = await listLeaves(value, { id, isOwnAddress });
    if (listing === undefined) return this.#refused('its registration is of another package');
    for (const { version, sha512 } of listing.leaves)
      if (sha512 !== undefined) this.#hashes.set(new PackageIdentity(id, version).key, sha512);
    for (const { version, detailsAddress, detailsAt } of listing.leaves.slice(-newestVersions)) {
      const address = detailsAt === undefined ? undefined : resolveAddress(detailsAddress, url);
      if (address) this.#details.set(new PackageIdentity(id, version).key, address);
    }
    return found({ value: listing, validators });
  }

  /** Some servers hide from strangers that they have something. */
  #noIndex(): string {
    const isStranger = (this.options.auth?.kind ?? 'none') === 'none';
    return `has no service index at its address, or hides it from ${isStranger ? 'strangers: sources[].auth' : 'the one in sources[].auth'}`;
  }

  #refused(detail: string) {
    return refused({ source: this.name, code: 'source-refused', detail });
  }

  #unasked() {
    return this.#refused('answered 304 without being asked');
  }
}

function withoutUserInfo(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}
