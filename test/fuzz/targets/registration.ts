import { UnreadableDocumentError } from '../../../src/codec/json-document.js';
import { readHead, writeHead } from '../../../src/feed/registration-head.js';
import { PackageId } from '../../../src/nuget/package-id.js';
import type { PackageVersion } from '../../../src/nuget/package-version.js';
import { PackageIdentity } from '../../../src/nuget/package-identity.js';
import {
  renderPackageDetails,
  renderRegistrationIndex,
  renderRegistrationLeaf,
  renderRegistrationPage,
} from '../../../src/nuget/registration-document.js';
import { readRegistrationEntry } from '../../../src/nuget/registration-entry.js';
import type { RegistrationLeaf } from '../../../src/nuget/registration-leaf.js';
import { matchRows, paginate, rowsBetween, rowsOfHive } from '../../../src/nuget/registration-table.js';
import type { OwnedRow } from '../../../src/nuget/registration-table.js';
import { mergeVersions } from '../../../src/nuget/version-list.js';
import { readRegistrationIndex, readRegistrationPage } from '../../../src/sources/v3/registration-document.js';
import type { RegistrationDocument } from '../../../src/sources/v3/registration-document.js';
import { findPackageContent, listLeaves } from '../../../src/sources/v3/registration-listing.js';
import { registrationIndexSeeds, registrationPageSeeds, registrationWords } from '../registration-seeds.js';
import { inPassingPieces, mustHold, refusing } from '../target.js';
import type { Outcome, Target } from '../target.js';

const id = PackageId.parse('Some.Package');
const context = { id, isOwnAddress: (url: string) => url.startsWith('https://source.example/v3/flat/') };
const bases = {
  registration: 'https://ours.example/r/',
  flat: 'https://ours.example/f/',
  details: 'https://ours.example/d/',
};

export const targets: readonly Target[] = [
  {
    name: 'registration-index',
    shape: 'json',
    seeds: registrationIndexSeeds,
    dictionary: registrationWords,
    run: (input) => read(input, readRegistrationIndex),
  },
  {
    name: 'registration-page',
    shape: 'json',
    seeds: registrationPageSeeds,
    dictionary: registrationWords,
    run: (input) => read(input, readRegistrationPage),
  },
];

/** Enough of the documents of single versions: making them for all would take longer than what is looked at. */
const maxSingly = 8;

type Reader = (bytes: AsyncIterable<Buffer>) => Promise<RegistrationDocument>;

async function read(input: Buffer, reader: Reader): Promise<Outcome> {
  let document: RegistrationDocument;
  try {
    document = await reader(inPassingPieces(input));
  } catch (error) {
    return refusing([UnreadableDocumentError], error);
  }
  const whole = await reader(wholeOf(input));
  mustHold(JSON.stringify(whole) === JSON.stringify(document), 'where a document is cut makes no difference');
  const leafBytes = document.leavesByPage.flat();
  const listing = await listLeaves(leafBytes, context);
  if (listing === undefined) return 'of another package';
  const { leaves } = listing;
  for (const { version } of leaves) findPackageContent(leafBytes, version);
  checkOrder(leaves.map((leaf) => leaf.version));
  renderAll(leaves);
  return `${Math.min(leaves.length, 4)} leaves, ${Math.min(listing.unparsable.length, 2)} unparsable`;
}

async function* wholeOf(input: Buffer): AsyncGenerator<Buffer> {
  yield input;
}

function checkOrder(versions: readonly PackageVersion[]): void {
  const keys = versions.map(({ key }) => key);
  mustHold(new Set(keys).size === keys.length, 'each version stands once');
}

/** All that is made of leaves: what is stored of them, then every document. */
function renderAll(leaves: readonly RegistrationLeaf[]): void {
  const written = leaves.map(({ version, listed, semVer2, template }) => ({
    version: version.full,
    listed,
    semVer2,
    length: template.length,
  }));
  const head = JSON.parse(JSON.stringify(writeHead(written, [leaves.length]))) as ReturnType<typeof writeHead>;
  const rows = readHead(head, 'source');
  mustHold(rows.length === leaves.length, 'every leaf is a row of what is kept');
  const owned = mergeVersions([{ source: 'source', versions: leaves.map(({ version }) => version.key) }]);
  const matched = matchRows(owned, [{ source: 'source', rows }]).filter((row) => row !== undefined);
  mustHold(matched.length === leaves.length, 'every kept row is found again');
  const templateOf = new Map(rows.map((row, i) => [row.key, leaves[i]?.template ?? Buffer.alloc(0)]));
  const templatesOf = (some: readonly OwnedRow[]) => some.map(({ key }) => templateOf.get(key) ?? Buffer.alloc(0));
  for (const hive of ['semver1', 'semver2'] as const) {
    const shown = rowsOfHive(matched, hive);
    if (shown.length === 0) continue;
    const pages = paginate(shown);
    const index = parse(renderRegistrationIndex(id, pages, pages.pages.map(templatesOf), bases)) as IndexDocument;
    mustHold(index.count === index.items.length, 'an index counts its pages');
    let leavesShown = 0;
    for (const page of index.items) {
      checkPage(page);
      leavesShown += page.count;
    }
    mustHold(leavesShown === shown.length, 'pages count every leaf once');
  }
  for (const { version, template } of leaves.slice(0, maxSingly)) {
    const identity = new PackageIdentity(id, version);
    const between = rowsBetween(matched, version, version);
    mustHold(between.length === 1, 'a page between a version and itself holds it');
    checkPage(parse(renderRegistrationPage(id, between, [template], bases)) as PageDocument);
    mustHold(
      foreign(parse(renderRegistrationLeaf(identity, template, bases))) === undefined,
      'a leaf names our addresses',
    );
    parse(renderPackageDetails(template, bases));
    mustHold(readRegistrationEntry(template)?.identity.version.key === version.key, 'an entry is of its version');
  }
}

interface IndexDocument {
  readonly count: number;
  readonly items: readonly PageDocument[];
}
interface PageDocument {
  readonly count: number;
  readonly lower: string;
  readonly upper: string;
  readonly items?: readonly { readonly packageContent: string; readonly catalogEntry: { readonly version: string } }[];
}

function checkPage({ count, lower, upper, items }: PageDocument): void {
  mustHold(typeof lower === 'string' && typeof upper === 'string', 'a page has bounds');
  if (!items) return;
  mustHold(items.length === count, 'a page counts its leaves');
  const bare = (version: string | undefined) => version?.split('+')[0];
  mustHold(bare(items[0]?.catalogEntry.version) === lower, 'a page begins at its lower bound');
  mustHold(bare(items.at(-1)?.catalogEntry.version) === upper, 'a page ends at its upper bound');
  for (const item of items) mustHold(item.packageContent.startsWith(bases.flat), 'packages lie with us');
}

/** The first text of a leaf document that is an address of the source's. */
function foreign(leaf: unknown): string | undefined {
  const addresses = ['@id', 'packageContent', 'registration', 'catalogEntry'] as const;
  const members = leaf as Readonly<Record<string, unknown>>;
  return addresses.find((name) => !String(members[name]).startsWith('https://ours.example/'));
}

const parse = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'));
