import fc from 'fast-check';
import test from 'ava';

import type { Answer } from '../../src/feed/answer.js';
import type { Feed, FeedDocument } from '../../src/feed/feed.js';
import { readAll } from '../../src/feed/read-all.js';
import { PackageIdentity } from '../../src/nuget/package-identity.js';
import type { PackageId } from '../../src/nuget/package-id.js';
import { PackageVersion } from '../../src/nuget/package-version.js';
import type { Hive } from '../../src/nuget/registration-table.js';
import { hasSemVer2Bound, parseVersionRange } from '../../src/nuget/version-range.js';
import type { ToldSource } from '../support/told-source.js';
import { dependencyRangeOf, World, worldScript } from '../support/told-world.js';

const dayMs = 86_400_000;
const bases = { registration: 'http://larder/r/', flat: 'http://larder/f/', details: 'http://larder/d/' };
const numRuns = Number(process.env['LARDER_TEST_RUNS'] ?? 1_000);
/** A failure prints the seed and the path to its smallest example: set them here or in the environment to see it again. */
const seed = Number(process.env['LARDER_TEST_SEED'] ?? Date.now() % 2_147_483_647);

interface Entry {
  readonly version: string;
  readonly listed: boolean;
  readonly description: string;
}
interface Page {
  readonly '@id': string;
  readonly count: number;
  readonly lower: string;
  readonly upper: string;
  readonly items?: readonly { readonly '@id': string; readonly catalogEntry: Entry }[];
}
/** What went wrong, in one line. */
class Contradiction extends Error {}
function ensure(condition: boolean, why: () => string): asserts condition {
  if (!condition) throw new Contradiction(why());
}

test('the documents of one feed never contradict each other, ids stay in their mapping, and failures are no absences', async (t) => {
  t.timeout(600_000);
  const seen = { looks: 0, calm: 0, troubled: 0, downloads: 0, conflicts: 0, gone: 0, paged: 0, denied: 0 };
  await fc.assert(
    fc.asyncProperty(worldScript, async (script) => {
      const world = new World(script);
      for (const step of script.steps)
        if (step.kind === 'look') await look(world, step.feed % world.feeds.length, step.id, step.isLater, seen);
        else world.apply(step);
      for (const source of world.sources)
        for (const { what, id } of source.asked)
          ensure(
            world.feeds.some((_, feed) => world.mayBeAsked(feed, id).includes(source)),
            () => `${source.name} was asked for ${what} of ${id}, which is mapped elsewhere`,
          );
      await world.packages.idle();
    }),
    { numRuns, seed },
  );
  t.log(JSON.stringify(seen));
  // Each rule was met, not merely never broken.
  for (const [what, times] of Object.entries(seen))
    t.true(times > numRuns / 100, `${what}: ${times} with seed ${seed}`);
});

type Seen = Record<'looks' | 'calm' | 'troubled' | 'downloads' | 'conflicts' | 'gone' | 'paged' | 'denied', number>;

/** Reads everything that a feed says on an id and holds it against itself and against what the sources have. */
async function look(world: World, feedAt: number, idAt: number, isLater: boolean, seen: Seen): Promise<void> {
  const feed = world.feeds[feedAt] as Feed;
  const id = world.idOf(idAt);
  if (isLater) world.clock.advance(dayMs);
  const sources = world.mayBeAsked(feedAt, id.key);
  const failing = sources.filter(({ state }) => state !== 'up');
  const isTroubled = isLater && failing.length > 0;
  const isCalm = isLater && failing.length === 0;
  seen.looks++;
  if (isCalm) seen.calm++;
  if (isTroubled) seen.troubled++;

  const list = await feed.versionList(id);
  const whole = await feed.registrationIndex(id, 'semver2', bases);
  const old = await feed.registrationIndex(id, 'semver1', bases);
  const outcomes = { list, whole, old };
  for (const [name, answer] of Object.entries(outcomes)) {
    ensure(!isTroubled || answer.kind !== 'missing', () => `${name} is missing while ${failing[0]?.name} fails`);
    ensure(!isTroubled || world.modeOf(feedAt) !== 'fail' || answer.kind !== 'found', () => `${name} in mode fail`);
    if (isTroubled && answer.kind === 'found') tellsFailures(answer.value, failing);
    ensure(!isCalm || answer.kind === 'found' || answer.kind === 'missing', () => `${name} fails without reason`);
  }
  ensure(whole.kind !== 'found' || list.kind === 'found', () => 'a registration without a list');
  ensure(old.kind !== 'found' || whole.kind === 'found', () => 'the SemVer1 hive has what the SemVer2 hive has not');
  if (isCalm) await matchesSources(world, feed, id, sources, outcomes, seen);
  if (list.kind !== 'found') return;

  const { versions } = JSON.parse(list.value.body.toString()) as { versions: string[] };
  isAscending(versions);
  const rows = whole.kind === 'found' ? await readHive(feed, id, 'semver2', whole.value, seen) : [];
  const oldRows = old.kind === 'found' ? await readHive(feed, id, 'semver1', old.value, seen) : [];
  for (const { version } of rows)
    ensure(versions.includes(keyOf(version)), () => `${version} is registered, not listed`);
  const shown = rows.filter(({ version }) => !isSemVer2(version));
  ensure(JSON.stringify(shown) === JSON.stringify(oldRows), () => 'the hives differ by more than SemVer2');
  await downloadsAgree(world, feed, id, { versions, rows, sources, isCalm, isTroubled }, seen);
}

/** Under trouble every source that could not be asked is named. */
function tellsFailures({ leftOut, staleBecause }: FeedDocument, failing: readonly ToldSource[]): void {
  const named = new Set([...leftOut, ...staleBecause].map(({ source }) => source));
  for (const { name } of failing) ensure(named.has(name), () => `${name} fails and is not told of`);
}

/** All sources answer and everything was asked anew: the documents are exactly what the rules make of the sources. */
async function matchesSources(
  world: World,
  feed: Feed,
  id: PackageId,
  sources: readonly ToldSource[],
  { list, whole }: { readonly list: Answer<FeedDocument>; readonly whole: Answer<FeedDocument> },
  seen: Seen,
): Promise<void> {
  const owners = new Map<string, ToldSource>();
  for (const source of sources)
    for (const [key, told] of source.versionsOfIds.get(id.key) ?? [])
      if (told.inList && !owners.has(key)) owners.set(key, source);
  const held = new Set<string>();
  for await (const row of world.store.packages.list()) {
    const keeper = sources.find(({ name }) => name === row.source);
    if (!row.identity.id.equals(id) || !keeper) continue;
    if (!keeper.versionsOfIds.get(id.key)?.get(row.identity.version.key)?.inList) seen.gone++;
    owners.set(row.identity.version.key, keeper);
    held.add(row.identity.version.key);
  }
  const expected = [...owners.keys()].sort((a, b) =>
    PackageVersion.compare(PackageVersion.parse(a), PackageVersion.parse(b)),
  );
  const listed =
    list.kind === 'found' ? (JSON.parse(list.value.body.toString()) as { versions: string[] }).versions : [];
  ensure(listed.join() === expected.join(), () => `listed: ${listed.join()}; the sources have ${expected.join()}`);
  ensure((list.kind === 'missing') === (expected.length === 0), () => `the list is ${list.kind}`);
  const owned = await feed.ownedVersions(id);
  const owned2 = owned.kind === 'found' ? owned.value.map(({ version, source }) => `${version} ${source}`) : [];
  ensure(owned2.join() === expected.map((key) => `${key} ${owners.get(key)?.name}`).join(), () => owned2.join());

  const toldOf = (key: string) => owners.get(key)?.versionsOfIds.get(id.key)?.get(key);
  const described = expected.filter((key) => toldOf(key)?.inRegistration || held.has(key));
  const rows = whole.kind === 'found' ? await readHive(feed, id, 'semver2', whole.value, seen) : [];
  ensure(rows.map(({ version }) => keyOf(version)).join() === described.join(), () => 'registered rows are others');
  for (const { version, listed: isListed, description } of rows) {
    const told = toldOf(keyOf(version));
    const isTold = told?.inRegistration === true;
    ensure(isListed === (isTold && told.listed), () => `${version}: listed is ${isListed}`);
    ensure(!isTold || description === owners.get(keyOf(version))?.name, () => `${version} is told by ${description}`);
  }
}

/** The rows of a hive, after a look at its pages, leaves and details. */
async function readHive(
  feed: Feed,
  id: PackageId,
  hive: Hive,
  document: FeedDocument,
  seen: Seen,
): Promise<readonly Entry[]> {
  const index = JSON.parse(document.body.toString()) as { count: number; items: Page[] };
  ensure(index.count === index.items.length, () => 'the count of pages is wrong');
  const rows: Entry[] = [];
  for (const page of index.items) {
    const bounds = [PackageVersion.parse(page.lower), PackageVersion.parse(page.upper)] as const;
    const alone = await feed.registrationPage(id, hive, ...bounds, bases);
    ensure(alone.kind === 'found', () => `a page that the index names is ${alone.kind}`);
    const own = JSON.parse(alone.value.body.toString()) as Page;
    if (!page.items) {
      seen.paged++;
      ensure(own['@id'] === page['@id'], () => 'a page goes by another address than the index says');
    }
    const items = page.items ?? own.items ?? [];
    ensure(JSON.stringify(items) === JSON.stringify(own.items), () => 'a page differs from what the index holds');
    ensure(items.length === page.count && page.count === own.count && page.count > 0, () => 'a page’s count is wrong');
    const first = items[0]?.catalogEntry.version ?? '';
    const last = items.at(-1)?.catalogEntry.version ?? '';
    ensure(keyOf(first) === keyOf(page.lower) && keyOf(last) === keyOf(page.upper), () => 'a page’s bounds are wrong');
    rows.push(...items.map(({ catalogEntry }) => catalogEntry));
  }
  isAscending(rows.map(({ version }) => version));
  for (const row of sample(rows)) {
    const identity = new PackageIdentity(id, PackageVersion.parse(row.version));
    const leaf = await feed.registrationLeaf(identity, hive, bases);
    ensure(leaf.kind === 'found', () => `the leaf of ${row.version} is ${leaf.kind}`);
    const { listed } = JSON.parse(leaf.value.body.toString()) as { listed: boolean };
    ensure(listed === row.listed, () => `the leaf of ${row.version} says listed ${listed}`);
    const details = await feed.packageDetails(identity, bases);
    ensure(details.kind === 'found', () => `the details of ${row.version} are ${details.kind}`);
    const entry = JSON.parse(details.value.body.toString()) as Entry & { '@id': string };
    if (hive === 'semver2') ensure(JSON.stringify(entry) === JSON.stringify(row), () => 'details differ from the page');
  }
  return rows;
}

/** Each listed version comes from its owner with the owner's bytes, or fails as such. */
async function downloadsAgree(
  world: World,
  feed: Feed,
  id: PackageId,
  said: {
    readonly versions: readonly string[];
    readonly rows: readonly Entry[];
    readonly sources: readonly ToldSource[];
    readonly isCalm: boolean;
    readonly isTroubled: boolean;
  },
  seen: Seen,
): Promise<void> {
  const { versions, rows, sources, isCalm, isTroubled } = said;
  for (const version of [...sample(versions), '99.0.0']) {
    const identity = new PackageIdentity(id, PackageVersion.parse(version));
    const before = await feed.ownedVersions(id);
    const owner = before.kind === 'found' ? before.value.find((one) => one.version === version)?.source : undefined;
    const got = await world.packages.whole(feed, identity);
    const having = sources.filter(({ versionsOfIds }) => versionsOfIds.get(id.key)?.get(version)?.hasPackage);
    switch (got.kind) {
      case 'found': {
        seen.downloads++;
        const { row, content } = got.value;
        const from = sources.find(({ name }) => name === row.source);
        ensure(from !== undefined, () => `${version} comes from ${row.source}, which has no part in this feed`);
        const pieces: Buffer[] = [];
        await readAll(content.stream(), (piece, taken) => {
          pieces.push(piece);
          taken(true);
        });
        const told = from.versionsOfIds.get(id.key)?.get(version);
        ensure(
          told !== undefined && Buffer.concat(pieces).equals(from.bytesOf(told)),
          () => `bytes not of ${from.name}`,
        );
        const ownerHasIt = having.some(({ name }) => name === owner);
        ensure(
          row.source === owner || !ownerHasIt || owner === undefined,
          () => `${version} of ${owner} came from ${row.source}`,
        );
        const row2 = rows.find((one) => keyOf(one.version) === version);
        if (row2 && row2.description.startsWith('s') && row.source === owner)
          ensure(row2.description === owner, () => `${version} of ${owner} is described by ${row2.description}`);
        break;
      }
      case 'missing':
        ensure(!isTroubled, () => `${version} is missing while a source fails`);
        ensure(!isCalm || having.length === 0, () => `${version} is missing and ${having[0]?.name} has it`);
        if (version === '99.0.0') break;
        seen.denied++;
        await isNotListed(feed, id, version);
        break;
      default: {
        const { code } = got.reason;
        if (code === 'version-conflict') {
          seen.conflicts++;
          const pinned = await world.store.packages.find(identity);
          ensure(!sources.some(({ name }) => name === pinned?.source), () => `${version} conflicts with itself`);
        } else
          ensure(
            sources.some(({ state }) => state !== 'up'),
            () => `${version} failed (${code}) though all sources are up`,
          );
      }
    }
  }
}

async function isNotListed(feed: Feed, id: PackageId, version: string): Promise<void> {
  const list = await feed.versionList(id);
  const { versions } =
    list.kind === 'found' ? (JSON.parse(list.value.body.toString()) as { versions: string[] }) : { versions: [] };
  ensure(!versions.includes(version), () => `${version} cannot be had and is listed`);
  const leaf = await feed.registrationLeaf(new PackageIdentity(id, PackageVersion.parse(version)), 'semver2', bases);
  ensure(leaf.kind !== 'found', () => `${version} cannot be had and has a leaf`);
}

/** All of few, some of many. */
function sample<T>(all: readonly T[]): readonly T[] {
  return all.length <= 8 ? all : all.filter((_, at) => at % Math.ceil(all.length / 6) === 0);
}

function isAscending(versions: readonly string[]): void {
  const parsed = versions.map((version) => PackageVersion.parse(version));
  for (let i = 1; i < parsed.length; i++)
    ensure(
      PackageVersion.compare(parsed[i - 1] as PackageVersion, parsed[i] as PackageVersion) < 0,
      () => `not ascending: ${versions.join()}`,
    );
}

const keyOf = (version: string) => PackageVersion.parse(version).key;

function isSemVer2(full: string): boolean {
  const range = parseVersionRange(dependencyRangeOf(keyOf(full)));
  return PackageVersion.parse(full).isSemVer2 || (range !== undefined && hasSemVer2Bound(range));
}
