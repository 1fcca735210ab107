import { createHash, randomBytes } from 'node:crypto';
import { zipSync } from 'fflate';
import type { Zippable } from 'fflate';

export interface NupkgRecipe {
  readonly id: string;
  readonly version: string;
  /** For all frameworks: id → range. */
  readonly dependencies?: Readonly<Record<string, string>>;
  /** More XML inside `<metadata>`. */
  readonly nuspecExtras?: string;
  /** Further entries: path → content. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Bytes of content that no compression shrinks: sets the package's size. */
  readonly fillerBytes?: number;
}

/** The zip format cannot date earlier than 1980, and the same recipe must give the same bytes. */
const mtime = new Date(2020, 0, 1);

/** A real package's bytes: restores with real clients. The same recipe gives the same bytes within one process. */
export function makeNupkg(recipe: NupkgRecipe): Buffer {
  const entries: Zippable = {
    '_rels/.rels': text(relationships(recipe)),
    [`${recipe.id}.nuspec`]: text(makeNuspec(recipe)),
    'lib/netstandard2.0/_._': new Uint8Array(0),
    '[Content_Types].xml': text(contentTypes),
  };
  for (const [path, content] of Object.entries(recipe.files ?? {}))
    entries[path] = typeof content === 'string' ? text(content) : content;
  if (recipe.fillerBytes !== undefined) entries['content/filler.bin'] = [filler(recipe.fillerBytes), { level: 0 }];
  return Buffer.from(zipSync(entries, { mtime }));
}

export function makeNuspec(recipe: NupkgRecipe): string {
  const dependencies = Object.entries(recipe.dependencies ?? {})
    .map(([id, range]) => `<dependency id="${id}" version="${range}" />`)
    .join('');
  return `<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>${recipe.id}</id>
    <version>${recipe.version}</version>
    <authors>Scripted</authors>
    <description>${recipe.id} of a scripted source</description>
    ${dependencies && `<dependencies><group targetFramework="netstandard2.0">${dependencies}</group></dependencies>`}
    ${recipe.nuspecExtras ?? ''}
  </metadata>
</package>`;
}

/** As sources publish it. */
export function sha512Of(bytes: Uint8Array): string {
  return createHash('sha512').update(bytes).digest('base64');
}

const text = (content: string) => new TextEncoder().encode(content);

const randomBlock = randomBytes(1_048_576);

/** Random once per process and repeated: far enough apart that deflate finds nothing. */
function filler(size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at += randomBlock.length) randomBlock.copy(bytes, at);
  return bytes;
}

function relationships({ id }: NupkgRecipe): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/${id}.nuspec" Id="R1" /></Relationships>`;
}

const contentTypes = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" /><Default Extension="nuspec" ContentType="application/octet" /><Default Extension="bin" ContentType="application/octet" /><Default Extension="dll" ContentType="application/octet" /></Types>`;
