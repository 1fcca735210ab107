import { LRUCache } from 'lru-cache';
import type { Logger } from '../ops/log.js';
import { found, refused } from './answer.js';
import type { Answer } from './answer.js';
import { Download } from './download.js';
import type { Downloads } from './downloads.js';
import type { ReadThrough } from './read-through.js';
import type { PackageRow } from './store.js';
import { versionConflict } from './version-conflict.js';

export interface SameBytesOptions {
  readonly downloads: Downloads;
  readonly log: Logger;
}

const maxProven = 10_000;

/**
 * Packages that are kept from one source and asked for in feeds that have another. The bytes may be given out there only where that source
 * has the very same, by the hash that it publishes or by its own copy, which is looked at whole before a byte is sent. Other bytes are
 * refused: one id and version is one package in this house.
 */
export class SameBytes {
  /** SHA-512 that a source was seen to supply too, by source and identity. */
  readonly #proven = new LRUCache<string, string>({ max: maxProven });

  constructor(private readonly options: SameBytesOptions) {}

  /** @returns what is kept, as though that source had supplied it */
  async prove(member: ReadThrough, pinned: PackageRow): Promise<Answer<PackageRow>> {
    const { log, downloads } = this.options;
    const { identity, sha512 } = pinned;
    const { name } = member.source;
    const proof = `${name}/${identity.key}`;
    if (this.#proven.get(proof) !== sha512) {
      const published = await member.publishedHash(identity);
      if (published.kind === 'found' && published.value.sha512 !== sha512) {
        const about = { id: identity.id.text, version: identity.version.normalized };
        log.error(
          { ...about, source: name, sha512: published.value.sha512, pinned: { source: pinned.source, sha512 } },
          'a source publishes other bytes for a package that is pinned to another source: refused',
        );
        return refused(versionConflict(identity, name));
      }
      if (published.kind !== 'found') {
        const download = await downloads.join(member, identity);
        const outcome = download instanceof Download ? await download.outcome : undefined;
        if (outcome && outcome.kind !== 'found') return outcome;
      }
      this.#proven.set(proof, sha512);
    }
    return found({ ...pinned, source: name });
  }
}
