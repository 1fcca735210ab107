import { randomFrom } from '../../support/random.js';

export type WorldSize = 'small' | 'medium' | 'large';

/** A package that a restore brings in, and what stands beside it in its lists. */
export interface WorldPackage {
  readonly id: string;
  readonly version: string;
  /** id → range, as a nuspec writes it. */
  readonly dependencies: Readonly<Record<string, string>>;
  readonly fillerBytes: number;
  /** All versions of its id, oldest first. Only `version` is ever restored. */
  readonly versions: readonly string[];
}

export interface WorldShape {
  readonly packages: readonly WorldPackage[];
  /** Those that the project itself names. */
  readonly references: readonly WorldPackage[];
  /** From a reference down to what depends on nothing, counted in packages. */
  readonly depth: number;
}

/** `medium` is what a web application of some size restores, `large` as many as OrchardCore. */
const counts: Readonly<Record<WorldSize, number>> = { small: 30, medium: 151, large: 602 };
/** How the packages spread over the levels below a project, of 100. */
const levels = [17, 20, 20, 16, 12, 8, 5, 2];
const medianBytes = 60_000;
const spreadOfBytes = 1.3;
const mostBytes = 5_000_000;
/** Single large ones, as every larger application has. */
const giants: Readonly<Record<WorldSize, readonly number[]>> = {
  small: [5_000_000],
  medium: [15_000_000],
  large: [15_000_000, 50_000_000],
};
/** One id in so many has more versions than stand in a registration's index. */
const manyVersionsEvery = 40;
const manyVersions = 150;

/**
 * The same packages for the same size, always: shaped like those of nuget.org by number of versions, bytes and depth.
 * @param family first part of their ids: those of two families have nothing to do with each other
 */
export function worldShape(size: WorldSize, family = 'Bench'): WorldShape {
  const random = randomFrom(20_261_121);
  const levelOf = spread(counts[size]);
  const ids = levelOf.map((_, at) => `${family}.${areas[at % areas.length]}.Part${at}`);
  const versionsOf = ids.map((_, at) => {
    const count = at % manyVersionsEvery === 7 ? manyVersions : 5 + Math.floor(random() * 56);
    return Array.from({ length: count }, (_, release) => `${1 + Math.floor(release / 20)}.${release % 20}.0`);
  });
  const chosen = versionsOf.map((versions) => versions[versions.length - 1 - Math.floor(random() * 4)] ?? '');
  const dependenciesOf = ids.map((): number[] => []);
  const below = (level: number) => levelOf.flatMap((one, at) => (one > level ? [at] : []));
  const exactly = (level: number) => levelOf.flatMap((one, at) => (one === level ? [at] : []));
  const pick = (from: readonly number[]) => from[Math.floor(random() * from.length)];
  for (const [at, level] of levelOf.entries()) {
    const parent = level === 0 ? undefined : pick(exactly(level - 1));
    if (parent !== undefined) dependenciesOf[parent]?.push(at);
  }
  for (const [at, level] of levelOf.entries()) {
    const candidates = below(level);
    for (let more = Math.floor(random() * 5); more > 0 && candidates.length > 0; more--)
      dependenciesOf[at]?.push(pick(candidates) ?? at);
  }
  const packages = ids.map((id, at) => ({
    id,
    version: chosen[at] ?? '',
    dependencies: Object.fromEntries(
      [...new Set(dependenciesOf[at])].map((other) => [ids[other] ?? '', `[${chosen[other]}, )`]),
    ),
    fillerBytes: Math.min(mostBytes, Math.ceil(medianBytes * Math.exp(spreadOfBytes * normal(random)))),
    versions: versionsOf[at] ?? [],
  }));
  for (const [at, fillerBytes] of giants[size].entries()) {
    const place = 5 + at * 11;
    packages[place] = { ...packages[place]!, fillerBytes };
  }
  return {
    packages,
    references: exactly(0).flatMap((at) => packages[at] ?? []),
    depth: new Set(levelOf).size,
  };
}

const areas = ['Core', 'Data', 'Web', 'Logging', 'Text', 'Security', 'Hosting', 'Cloud'];

/** The level of each package. */
function spread(count: number): number[] {
  const sum = levels.reduce((a, b) => a + b, 0);
  let upTo = 0;
  return levels.flatMap((weight, level) => {
    const from = Math.round((count * upTo) / sum);
    upTo += weight;
    return Array.from({ length: Math.round((count * upTo) / sum) - from }, () => level);
  });
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
