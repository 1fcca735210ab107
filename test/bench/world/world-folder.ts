import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeNupkg, makeNuspec, sha512Of } from '../../support/nupkg.js';
import type { NupkgRecipe } from '../../support/nupkg.js';
import { signPackage } from '../../support/signed-package.js';
import type { WorldPackage } from './world-shape.js';

/** Files in each package beside its bulk: a client writes each of them to its cache. */
const docs = (id: string) =>
  `<doc><assembly><name>${id}</name></assembly>${'<member>Told at length.</member>'.repeat(200)}</doc>`;

/** Writes packages as a folder feed that clients can restore from (id/version/…). Made once: others read them from there. */
export async function writeWorldFolder(folder: string, packages: readonly WorldPackage[]): Promise<void> {
  for (const one of packages) {
    const { id, version } = one;
    const recipe: NupkgRecipe = {
      id,
      version,
      dependencies: one.dependencies,
      fillerBytes: one.fillerBytes,
      files: {
        [`lib/netstandard2.0/${id}.dll`]: docs(id).slice(0, 4_000),
        [`lib/netstandard2.0/${id}.xml`]: docs(id),
        'README.md': `# ${id}\n`,
      },
    };
    const path = join(folder, id.toLowerCase(), version);
    await mkdir(path, { recursive: true });
    // As every package of nuget.org is.
    const bytes = await signPackage(makeNupkg(recipe));
    await Promise.all([
      writeFile(join(folder, nupkgIn(one)), bytes),
      writeFile(join(folder, `${nupkgIn(one)}.sha512`), sha512Of(bytes)),
      writeFile(join(path, `${id.toLowerCase()}.nuspec`), makeNuspec(recipe)),
    ]);
  }
}

export async function readWorldPackage(folder: string, one: WorldPackage): Promise<Buffer> {
  return readFile(join(folder, nupkgIn(one)));
}

function nupkgIn({ id, version }: WorldPackage): string {
  const key = id.toLowerCase();
  return join(key, version, `${key}.${version}.nupkg`);
}
