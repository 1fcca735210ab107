import type { Config } from '../config/schema.js';
import { SourceFigures } from '../feed/source-figures.js';
import { SourceHealth } from '../feed/source-health.js';
import type { Source } from '../feed/source.js';
import { watchSource } from '../feed/watched-source.js';
import { AheadPlaces } from '../sources/transport/ahead-places.js';
import { createSource, protocolOf } from './create-source.js';
import type { SourceParts } from './create-source.js';
import { sourceAccess } from './source-access.js';
import type { AccessParts } from './source-access.js';

/** A source with all that is known of how it does. */
export interface HouseSource {
  /** To be asked: what it answers is counted. */
  readonly source: Source;
  /** As it was created: what it answers says nothing of whether packages can be had. */
  readonly created: Source;
  readonly name: string;
  /** Without user info. */
  readonly url: string;
  readonly protocol: string;
  readonly figures: SourceFigures;
  readonly health: SourceHealth;
}

export interface SourcesParts extends AccessParts, Pick<SourceParts, 'version' | 'counters'> {
  /** How long a client waits at most for the refresh of something that is kept, in milliseconds. */
  readonly mostGraceMs: number;
  readonly leastGraceMs?: number | undefined;
}

/** The connections' own time limits are coarse: they shall speak first, in milliseconds. */
const probeGraceMs = 2_000;

/** All configured sources, in their order. They share the places for what no client waits for. */
export function createSources(config: Config, parts: SourcesParts): readonly HouseSource[] {
  const { version, clock, log, counters, mostGraceMs, leastGraceMs } = parts;
  const aheadPlaces = new AheadPlaces(config.prefetch.maxConcurrent);
  return config.sources.map((source) => {
    const { name, timeouts } = source;
    const health = new SourceHealth({
      ...{ name, clock, log, mostGraceMs },
      probeTimeoutMs: timeouts.headersMs + probeGraceMs,
      ...(leastGraceMs !== undefined && { leastGraceMs }),
    });
    const figures = new SourceFigures(clock, () => health.isAway);
    const access = sourceAccess(source, config.proxies, parts);
    const sourceParts = { config, version, clock, log, counters, access, figures, health, aheadPlaces };
    const created = createSource(source, sourceParts);
    const watched = watchSource(created, (reason) => figures.answered(reason));
    return { source: watched, created, name, url: created.url, protocol: protocolOf(source), figures, health };
  });
}
