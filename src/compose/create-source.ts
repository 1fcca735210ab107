import type { Config, SourceConfig } from '../config/schema.js';
import type { SourceFigures } from '../feed/source-figures.js';
import type { SourceHealth } from '../feed/source-health.js';
import type { Source } from '../feed/source.js';
import type { Clock } from '../ops/clock.js';
import type { Counters } from '../ops/counters.js';
import type { Logger } from '../ops/log.js';
import { FolderSource } from '../sources/folder/folder-source.js';
import { Lanes } from '../sources/folder/lanes.js';
import type { AheadPlaces } from '../sources/transport/ahead-places.js';
import { V3Source } from '../sources/v3/v3-source.js';
import type { SourceAccess } from './source-access.js';

/** File operations of all folder sources at one time: one less than the threads that Node has for them, which the store needs too. */
const folderLanes = new Lanes(3);

export interface SourceParts {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: Counters;
  readonly access: SourceAccess;
  readonly figures: SourceFigures;
  readonly health: SourceHealth;
  readonly aheadPlaces: AheadPlaces;
}

/** A configured source, by the protocol it speaks. */
export function createSource(source: SourceConfig, parts: SourceParts): Source {
  const { config, version, clock, log, counters, access, figures, health, aheadPlaces } = parts;
  const { name, url, timeouts, maxConcurrent, maxRequestsPerSecond } = source;
  const { maxDocumentBytes, maxPackageBytes, maxVersionsPerId } = config.limits;
  if (source.protocol === 'folder') {
    const folder = new FolderSource({
      name,
      folder: url,
      timeouts,
      maxVersionsPerId,
      lanes: folderLanes,
      clock,
      log,
    });
    if (!config.offline) folder.begin();
    return folder;
  }
  return new V3Source({
    ...access,
    name,
    url,
    timeouts,
    maxConcurrent,
    ...(maxRequestsPerSecond !== undefined && { maxRequestsPerSecond }),
    standing: health,
    aheadPlaces,
    retryWithinMs: config.limits.requestBudgetMs / 2,
    maxDocumentBytes,
    maxPackageBytes,
    maxVersionsPerId,
    serviceIndexTtlMs: config.freshness.serviceIndexMs,
    version,
    clock,
    observe: ({ bytes, status, headersMs, failure }) => {
      counters.upstreamRequests++;
      counters.upstreamBytes += bytes;
      figures.finished({ failed: failure !== undefined, ...(status !== undefined && { answeredMs: headersMs }) });
    },
  });
}

/** What is spoken with the source, where the configuration leaves that open too. */
export const protocolOf = ({ protocol }: SourceConfig): string => (protocol === 'auto' ? 'v3' : protocol);
