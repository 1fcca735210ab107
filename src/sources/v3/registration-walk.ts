import { found, refused } from '../../feed/answer.js';
import type { Answer } from '../../feed/answer.js';
import type { JsonObject } from '../../codec/json-document.js';
import type { Ask } from '../../feed/source.js';
import type { PackageId } from '../../nuget/package-id.js';
import { PackageVersion } from '../../nuget/package-version.js';
import { registrationIndexPath } from '../../nuget/paths.js';
import type { Document, DocumentAnswer, Transport } from '../transport/transport.js';
import { readRegistrationIndex } from './registration-document.js';
import type { RegistrationDocument } from './registration-document.js';
import { collectLeaves } from './registration-pages.js';
import type { PageLimits } from './registration-pages.js';
import { addressBelow } from './resource-address.js';
import type { ResourceAddresses } from './resource-addresses.js';

/** An id's leaves as bytes, in the source's order; the document told of is the index. */
export type LeavesAnswer = DocumentAnswer<readonly Buffer[]>;

/** Reads registrations of one source: the index and the pages that it names. */
export class RegistrationWalk {
  constructor(
    private readonly transport: Transport,
    private readonly limits: PageLimits,
  ) {}

  /** All leaves of an id. An index without any says that there is no such package. */
  async all(addresses: ResourceAddresses, id: PackageId, ask: Ask): Promise<LeavesAnswer> {
    return this.#walk(addresses, id, ask, () => true);
  }

  /** The leaves among which a version must be, asking for as few pages as possible. */
  async near(addresses: ResourceAddresses, id: PackageId, version: PackageVersion, ask: Ask): Promise<LeavesAnswer> {
    return this.#walk(addresses, id, withoutValidators(ask), (page) => mayHold(page, version));
  }

  async #walk(
    addresses: ResourceAddresses,
    id: PackageId,
    ask: Ask,
    wants: (page: JsonObject) => boolean,
  ): Promise<LeavesAnswer> {
    return addresses.inTurn<LeavesAnswer>(async (base) => {
      const address = addressBelow(base, registrationIndexPath(id));
      const index = await this.transport.document(address, ask, readRegistrationIndex);
      if (index.kind !== 'found') return index;
      const leaves = await collectLeaves(this.transport, index.value, this.limits, ask, wants);
      return leaves.kind === 'missing'
        ? this.#again(address, withoutValidators(ask), wants)
        : withLeaves(index.value, leaves);
    });
  }

  /** Pages move when versions come and go: an index that names one that is gone is read once more. */
  async #again(address: URL, ask: Ask, wants: (page: JsonObject) => boolean): Promise<LeavesAnswer> {
    const index = await this.transport.document(address, ask, readRegistrationIndex);
    if (index.kind !== 'found') return index;
    const leaves = await collectLeaves(this.transport, index.value, this.limits, ask, wants);
    if (leaves.kind !== 'missing') return withLeaves(index.value, leaves);
    const { source } = this.limits;
    return refused({ source, code: 'source-refused', detail: 'its registration names a page that it does not have' });
  }
}

function withLeaves(index: Document<RegistrationDocument>, leaves: Answer<readonly Buffer[]>): LeavesAnswer {
  if (leaves.kind !== 'found') return leaves;
  return found({ ...index, value: leaves.value });
}

const withoutValidators = ({ validators: _, ...rest }: Ask): Ask => rest;

/** Bounds that cannot be read exclude nothing. */
function mayHold(page: JsonObject, version: PackageVersion): boolean {
  const lower = PackageVersion.tryParse(page['lower']);
  const upper = PackageVersion.tryParse(page['upper']);
  return (
    (lower === undefined || PackageVersion.compare(lower, version) <= 0) &&
    (upper === undefined || PackageVersion.compare(version, upper) <= 0)
  );
}
