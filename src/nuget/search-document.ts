import { Address, fillTemplate, prepareBases, writeTemplate } from './address-slot.js';
import type { Bases, TemplateValue } from './address-slot.js';
import { PackageIdentity } from './package-identity.js';
import type { PackageVersion } from './package-version.js';
import { leafPath, registrationIndexPath } from './paths.js';
import type { SearchResult } from './search-merge.js';

/** A page of search results (`search-query-service-resource.md`): field by field, every address ours or the author's. */
export function renderSearchPage(total: number, results: readonly SearchResult[], bases: Bases): Buffer {
  return render(
    {
      '@context': { '@vocab': 'http://schema.nuget.org/schema#', '@base': new Address('registration', '') },
      totalHits: total,
      data: results.map(writeResult),
    },
    bases,
  );
}

/** Ids, or versions of one id, for completion (`search-autocomplete-service-resource.md`). */
export function renderCompletions(total: number, texts: readonly string[]): Buffer {
  const context = { '@vocab': 'http://schema.nuget.org/schema#' };
  return Buffer.from(JSON.stringify({ '@context': context, totalHits: total, data: texts }));
}

function writeResult({ id, version, versions, texts, totalDownloads, packageTypes }: SearchResult): TemplateValue {
  const registration = new Address('registration', registrationIndexPath(id));
  const leafOf = (one: PackageVersion) => new Address('registration', leafPath(new PackageIdentity(id, one)));
  const { title, description, summary, authors, owners, tags } = texts;
  return {
    '@id': registration,
    '@type': 'Package',
    registration,
    id: id.text,
    version: version.full,
    description: description ?? '',
    summary: summary ?? '',
    title: title === undefined || title === '' ? id.text : title,
    iconUrl: texts.iconUrl,
    licenseUrl: texts.licenseUrl,
    projectUrl: texts.projectUrl,
    tags: tags ?? [],
    authors: authors ?? [],
    owners: owners ?? [],
    totalDownloads: totalDownloads ?? 0,
    packageTypes: packageTypes.map((name) => ({ name })),
    versions: versions.map((one) => ({
      version: one.version.full,
      downloads: one.downloads ?? 0,
      '@id': leafOf(one.version),
    })),
    deprecation: texts.deprecation && {
      reasons: texts.deprecation.reasons,
      message: texts.deprecation.message,
      alternatePackage: texts.deprecation.alternatePackage && { ...texts.deprecation.alternatePackage },
    },
    vulnerabilities: texts.vulnerabilities?.map((one) => ({ ...one })),
  };
}

function render(value: TemplateValue, bases: Bases): Buffer {
  const out: Buffer[] = [];
  fillTemplate(Buffer.from(writeTemplate(value)), prepareBases(bases), out);
  return Buffer.concat(out);
}
