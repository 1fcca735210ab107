import { Address, fillTemplate, prepareBases, writeTemplate } from './address-slot.js';
import type { Bases, FilledBases } from './address-slot.js';
import type { PackageId } from './package-id.js';
import type { PackageIdentity } from './package-identity.js';
import { PackageVersion } from './package-version.js';
import { detailsPath, leafPath, nupkgPath, registrationIndexPath, registrationPagePath } from './paths.js';
import type { OwnedRow, RegistrationPages } from './registration-table.js';

/** The leaf templates of a page, in the order of its rows. */
export type LeafTemplates = readonly Buffer[];

const context = JSON.stringify({
  '@vocab': 'http://schema.nuget.org/schema#',
  catalog: 'http://schema.nuget.org/catalog#',
  xsd: 'http://www.w3.org/2001/XMLSchema#',
  items: { '@id': 'catalog:item', '@container': '@set' },
  commitTimeStamp: { '@id': 'catalog:commitTimeStamp', '@type': 'xsd:dateTime' },
  commitId: { '@id': 'catalog:commitId' },
  count: { '@id': 'catalog:count' },
  parent: { '@id': 'catalog:parent', '@type': '@id' },
  tags: { '@container': '@set', '@id': 'tag' },
  reasons: { '@container': '@set' },
  packageTargetFrameworks: { '@container': '@set', '@id': 'packageTargetFramework' },
  dependencyGroups: { '@container': '@set', '@id': 'dependencyGroup' },
  dependencies: { '@container': '@set', '@id': 'dependency' },
  packageContent: { '@type': '@id' },
  published: { '@type': 'xsd:dateTime' },
  registration: { '@type': '@id' },
});

/**
 * The registration index (`registration-base-url-resource.md`): pages with their leaves when inlined, else with the address to fetch them at.
 *
 * @param templates one list per page, in order; not read when the pages are not inlined
 */
export function renderRegistrationIndex(
  id: PackageId,
  { inlined, pages }: RegistrationPages,
  templates: readonly LeafTemplates[],
  bases: Bases,
): Buffer {
  const filled = prepareBases(bases);
  const self = fill(new Address('registration', registrationIndexPath(id)), filled);
  const out: Buffer[] = [
    Buffer.from(
      `{"@id":${self},"@type":["catalog:CatalogRoot","PackageRegistration","catalog:Permalink"],"count":${pages.length},"items":[`,
    ),
  ];
  pages.forEach((rows, i) => {
    if (i > 0) out.push(comma);
    writePage(id, rows, inlined ? (templates[i] ?? []) : undefined, 'inlined', filled, out);
  });
  out.push(Buffer.from(`],"@context":${context}}`));
  return Buffer.concat(out);
}

/** One page as a document of its own. */
export function renderRegistrationPage(
  id: PackageId,
  rows: readonly OwnedRow[],
  templates: LeafTemplates,
  bases: Bases,
): Buffer {
  const out: Buffer[] = [];
  writePage(id, rows, templates, 'document', prepareBases(bases), out);
  return Buffer.concat(out);
}

/** One version's leaf document: addresses, `listed` and `published`. */
export function renderRegistrationLeaf(identity: PackageIdentity, template: Buffer, bases: Bases): Buffer {
  const { catalogEntry } = JSON.parse(fillToText(template, prepareBases(bases))) as {
    catalogEntry: { listed: boolean; published?: string };
  };
  const text = writeTemplate({
    '@id': new Address('registration', leafPath(identity)),
    '@type': ['Package', 'http://schema.nuget.org/catalog#Permalink'],
    catalogEntry: new Address('details', detailsPath(identity)),
    listed: catalogEntry.listed,
    packageContent: new Address('flat', nupkgPath(identity)),
    published: catalogEntry.published,
    registration: new Address('registration', registrationIndexPath(identity.id)),
  });
  return Buffer.from(fillToText(Buffer.from(`${text.slice(0, -1)},"@context":${context}}`), prepareBases(bases)));
}

/** What a leaf's `catalogEntry` address leads to: the entry as a document of its own. */
export function renderPackageDetails(template: Buffer, bases: Bases): Buffer {
  const { catalogEntry } = JSON.parse(fillToText(template, prepareBases(bases))) as { catalogEntry: object };
  return Buffer.from(JSON.stringify(catalogEntry));
}

const comma = Buffer.from(',');

function writePage(
  id: PackageId,
  rows: readonly OwnedRow[],
  templates: LeafTemplates | undefined,
  form: 'inlined' | 'document',
  bases: FilledBases,
  out: Buffer[],
): void {
  const lower = PackageVersion.parse(rows[0]?.version ?? '0.0.0');
  const upper = PackageVersion.parse(rows.at(-1)?.version ?? '0.0.0');
  const index = registrationIndexPath(id);
  const isFragment = form === 'inlined' && templates !== undefined;
  const path = isFragment ? `${index}#page/${lower.key}/${upper.key}` : registrationPagePath(id, lower.key, upper.key);
  const self = fill(new Address('registration', path), bases);
  out.push(Buffer.from(`{"@id":${self},"@type":"catalog:CatalogPage","count":${rows.length}`));
  if (templates) {
    out.push(Buffer.from(',"items":['));
    templates.forEach((template, i) => {
      if (i > 0) out.push(comma);
      fillTemplate(template, bases, out);
    });
    out.push(Buffer.from(`],"parent":${fill(new Address('registration', index), bases)}`));
  }
  out.push(Buffer.from(`,"lower":${JSON.stringify(lower.normalized)},"upper":${JSON.stringify(upper.normalized)}`));
  if (form === 'document') out.push(Buffer.from(`,"@context":${context}`));
  out.push(Buffer.from('}'));
}

function fill(address: Address, bases: FilledBases): string {
  return fillToText(Buffer.from(writeTemplate(address)), bases);
}

function fillToText(template: Buffer, bases: FilledBases): string {
  const out: Buffer[] = [];
  fillTemplate(template, bases, out);
  return Buffer.concat(out).toString();
}
