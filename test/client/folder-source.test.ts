import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { lockedProject, dotnet, Project, testWithDotnet } from '../support/dotnet.js';
import { startLarderProcess } from '../support/larder-process.js';
import { makeNupkg } from '../support/nupkg.js';
import type { NupkgRecipe } from '../support/nupkg.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

testWithDotnet(
  'packages of a folder restore in both layouts beside those of a server, and again when the folder is gone',
  async (t) => {
    t.timeout(240_000);
    const far = await startScriptedSource({
      packages: [{ id: 'Far', version: '1.0.0', dependencies: { 'Corp.Flat': '1.0' } }],
    });
    t.teardown(() => far.close());
    const directory = await temporaryDirectory(t);
    const folder = join(directory, 'packages');
    await mkdir(folder);
    await writeFile(join(folder, 'Corp.Flat.1.0.0.nupkg'), makeNupkg({ id: 'Corp.Flat', version: '1.0.0' }));
    const hierarchical = await layOut(directory, [
      { id: 'Corp.Pushed', version: '2.0.0' },
      { id: 'Corp.Pushed', version: '2.1.0', dependencies: { Far: '1.0.0' } },
    ]);

    const data = join(directory, 'data');
    const env = { LARDER_FRESHNESS__VERSIONS: '1ms', LARDER_FRESHNESS__MISSING: '1ms' };
    const args = [
      '--data',
      data,
      '--source',
      'local=./packages',
      '--source',
      `pushed=${hierarchical}`,
      '--source',
      `far=${far.url}`,
    ];
    const larder = await startLarderProcess(args, { cwd: directory, env });
    t.teardown(() => larder.kill());
    const feed = `${larder.url}v3/index.json`;
    const pinned = await Project.create(
      join(directory, 'pinned'),
      lockedProject('<PackageReference Include="Corp.Pushed" Version="2.1.0" />'),
      feed,
    );
    await pinned.restore();
    t.deepEqual(await pinned.lockedVersions(), { 'corp.pushed': '2.1.0', far: '1.0.0', 'corp.flat': '1.0.0' });
    const locked = await pinned.lockFile();

    const floating = await Project.create(
      join(directory, 'floating'),
      lockedProject('<PackageReference Include="Corp.Flat" Version="1.*" />'),
      feed,
    );
    await writeFile(join(folder, 'Corp.Flat.1.4.0.nupkg'), makeNupkg({ id: 'Corp.Flat', version: '1.4.0' }));
    await floating.restore();
    t.is((await floating.lockedVersions())['corp.flat'], '1.4.0', 'a file put there while running is seen');

    await rm(folder, { recursive: true });
    await rm(hierarchical, { recursive: true });
    for (const one of [pinned, floating]) await one.restore(['--locked-mode']);
    await floating.restore(['--force-evaluate']);
    t.is((await floating.lockedVersions())['corp.flat'], '1.4.0');
    t.is(await pinned.lockFile(), locked);

    const unkept = await Project.create(
      join(directory, 'unkept'),
      lockedProject('<PackageReference Include="Corp.Other" Version="1.0.0" />'),
      feed,
    );
    const error = await t.throwsAsync(unkept.restore());
    t.regex(String(error?.message), /NU1301[^]*local[^]*is not there/);
    t.notRegex(String(error?.message), /NU1101/);
  },
);

/**
 * A folder laid out by the client itself, `id/version/` with hash, metadata and nuspec beside the package: the first by restoring into it,
 * the rest by pushing to it.
 */
async function layOut(directory: string, [first, ...rest]: readonly NupkgRecipe[]): Promise<string> {
  const loose = join(directory, 'loose');
  const laidOut = join(directory, 'hierarchical');
  await mkdir(loose);
  const write = async (recipe: NupkgRecipe) => {
    const path = join(loose, `${recipe.id}.${recipe.version}.nupkg`);
    await writeFile(path, makeNupkg(recipe));
    return path;
  };
  if (!first) throw new Error('nothing to lay out');
  await write(first);
  const restored = await Project.create(
    join(directory, 'lay-out'),
    lockedProject(`<PackageReference Include="${first.id}" Version="${first.version}" />`),
    loose,
  );
  await restored.restore(['--packages', laidOut]);
  for (const recipe of rest) {
    const nupkg = await write(recipe);
    await dotnet(['nuget', 'push', nupkg, '--source', laidOut], { cwd: directory, caches: join(directory, 'push') });
    const place = join(
      laidOut,
      recipe.id.toLowerCase(),
      recipe.version,
      `${recipe.id}.${recipe.version}`.toLowerCase(),
    );
    await access(`${place}.nupkg`);
    await access(`${place}.nupkg.sha512`);
  }
  return laidOut;
}
