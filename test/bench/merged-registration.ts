import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Feed } from '../../src/feed/feed.js';
import { ReadThrough } from '../../src/feed/read-through.js';
import { registrationFact } from '../../src/feed/registration-fact.js';
import type { Source } from '../../src/feed/source.js';
import type { FactStore, Store } from '../../src/feed/store.js';
import { versionsFact } from '../../src/feed/versions-fact.js';
import { PackageId } from '../../src/nuget/package-id.js';
import { PackageVersion } from '../../src/nuget/package-version.js';
import { readRegistrationLeaf } from '../../src/nuget/registration-leaf.js';
import type { RegistrationLeaf } from '../../src/nuget/registration-leaf.js';
import { systemClock } from '../../src/ops/clock.js';
import { silentLog } from '../../src/ops/log.js';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import type { BenchOptions, Figure } from './figure.js';
import { longestBlockMs } from './loop-block.js';
import { rowOf } from './row.js';
import type { Row } from './row.js';

const id = PackageId.parse('Merged.Package');
const bases = {
  registration: 'http://127.0.0.1:6848/v3/registration-semver2/',
  flat: 'http://127.0.0.1:6848/v3/flat/',
  details: 'http://127.0.0.1:6848/v3/details/',
};
const sourceNames = ['first', 'second', 'third'];

/**
 * Three sources whose versions interleave, facts in a store that was just opened. Measured is all that making the document takes, from
 * reading the facts to its finished bytes; writing those to a socket is not in it.
 */
export const mergedRegistration: Figure = {
  id: 'P5',
  name: 'merged registration of three sources',
  async measure(options) {
    const directory = await mkdtemp(join(tmpdir(), 'larder-bench-'));
    try {
      return await measureIn(directory, options);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function measureIn(directory: string, { isQuick, onRound }: BenchOptions): Promise<readonly Row[]> {
  const versionsPerSource = isQuick ? 200 : 5_000;
  const rounds = isQuick ? 2 : 15;
  const warmUps = isQuick ? 0 : 5;
  await withStore(directory, (store) => fill(store.facts, versionsPerSource));

  const cpuMs: number[] = [];
  const blockMs: number[] = [];
  const pageCpuMs: number[] = [];
  const pageBlockMs: number[] = [];
  for (let round = -warmUps; round < rounds; round++) {
    onRound?.(Math.max(0, round) + 1, rounds);
    await withStore(directory, async (store) => {
      const feed = feedOver(store);
      const index = await measured(() => feed.registrationIndex(id, 'semver2', bases));
      const lower = PackageVersion.parse('1.60.0');
      const page = await measured(() => feed.registrationPage(id, 'semver2', lower, upperOf(index.body), bases));
      if (round < 0) return;
      cpuMs.push(index.cpuMs);
      blockMs.push(index.blockMs);
      pageCpuMs.push(page.cpuMs);
      pageBlockMs.push(page.blockMs);
    });
  }
  const what = `3 × ${versionsPerSource} versions`;
  const lower = { unit: 'ms', better: 'lower', peer: null } as const;
  return [
    rowOf({ ...lower, id: 'P5a', name: `merged registration, ${what}, cold facts: CPU`, target: 15 }, cpuMs),
    rowOf({ ...lower, id: 'P5b', name: `merged registration, ${what}: longest loop block`, target: 5 }, blockMs),
    rowOf({ ...lower, id: 'P5c', name: `a page of it afterwards: CPU`, target: 15 }, pageCpuMs),
    rowOf({ ...lower, id: 'P5d', name: `a page of it afterwards: longest loop block`, target: 5 }, pageBlockMs),
  ];
}

/** The upper bound of the first page in the index that is asked for: the 64th version from 1.60.0 on. */
function upperOf(index: Buffer): PackageVersion {
  const { items } = JSON.parse(index.toString()) as { items: { upper: string }[] };
  return PackageVersion.parse(items[1]?.upper ?? items[0]?.upper ?? '2.0.0');
}

async function measured(make: () => Promise<{ readonly kind: string; readonly value?: { readonly body: Buffer } }>) {
  let body: Buffer | undefined;
  const from = process.cpuUsage();
  const blockMs = await longestBlockMs(async () => {
    const answer = await make();
    body = answer.value?.body;
  });
  const { user, system } = process.cpuUsage(from);
  if (!body) throw new Error('the feed has no such document');
  return { body, blockMs, cpuMs: (user + system) / 1000 };
}

async function withStore(directory: string, use: (store: Store) => Promise<void>): Promise<void> {
  const store = await openLevelStore(directory, { now: () => systemClock.now() });
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

function feedOver(store: Store): Feed {
  const hourMs = 3_600_000;
  const members = sourceNames.map(
    (name) =>
      new ReadThrough({ name, url: `bench:${name}` } as Source, {
        facts: store.facts,
        lifetimes: {
          versionsMs: hourMs,
          registrationMs: hourMs,
          vulnerabilitiesMs: hourMs,
          serviceIndexMs: hourMs,
          missingMs: hourMs,
        },
        offline: true,
        clock: systemClock,
        log: silentLog,
      }),
  );
  return new Feed({
    name: 'default',
    members,
    mapping: sourceNames.map((name) => ({ name, packages: ['*'] })),
    facts: store.facts,
    packages: store.packages,
    onSourceFailure: 'stale',
    log: silentLog,
  });
}

async function fill(facts: FactStore, versionsPerSource: number): Promise<void> {
  for (const [at, source] of sourceNames.entries()) {
    const leaves = Array.from({ length: versionsPerSource }, (_, n) => leafOf(3 * n + at));
    const checkedAtMs = systemClock.now();
    const about = { state: 'found', checkedAtMs, validators: {} } as const;
    const listed = await versionsFact.keep(
      { versions: leaves.map(({ version }) => version), unparsable: [] },
      undefined,
      facts,
    );
    await facts.write({ source, kind: 'versions', name: id.key }, { ...about, ...listed });
    const described = await registrationFact.keep({ leaves, unparsable: [] }, undefined, facts);
    await facts.write({ source, kind: 'registration', name: id.key }, { ...about, ...described });
  }
}

/** About 2.9 KB, as nuget.org's average. */
function leafOf(n: number): RegistrationLeaf {
  const version = `${1 + Math.floor(n / 1_000)}.${n % 1_000}.0${n % 10 === 9 ? '-beta.1' : ''}`;
  const dependencies = Array.from({ length: 8 }, (_, i) => ({ id: `Some.Dependency${i}`, range: `[1.${n}.0, )` }));
  const entry = {
    id: id.text,
    version,
    listed: true,
    authors: 'Somebody',
    description: 'What it is for. '.repeat(40),
    published: '2024-01-02T03:04:05Z',
    dependencyGroups: ['net8.0', 'netstandard2.0'].map((targetFramework) => ({ targetFramework, dependencies })),
  };
  const leaf = readRegistrationLeaf({ catalogEntry: entry }, { id, isOwnAddress: () => false });
  if (!leaf || !('template' in leaf)) throw new Error('the leaf cannot be read');
  return leaf;
}
