import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { request } from 'undici';

import { lockedProject, Project, publicSource, testWithRegistry } from '../support/dotnet.js';
import { startLarderProcess } from '../support/larder-process.js';
import { makeNupkg } from '../support/nupkg.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const privatePackage = {
  id: 'Contoso.Private',
  version: '1.2.0',
  dependencies: { 'Contoso.Local.Tools': '[1.0.0, )', 'Newtonsoft.Json': '[13.0.1]' },
  nuspecExtras: '<readme>readme.md</readme>',
  files: { 'readme.md': '# Private' },
};
const localPackage = { id: 'Contoso.Local.Tools', version: '1.0.0' };

const project = lockedProject('<PackageReference Include="Contoso.Private" Version="1.*" />');

testWithRegistry(
  'a solution restores from a private source with credentials, a folder and the registry, and no source is asked for what is mapped to another',
  async (t) => {
    t.timeout(180_000);
    const directory = await temporaryDirectory(t);
    const credentials = `Basic ${Buffer.from('ci:open sesame').toString('base64')}`;
    const internal = await startScriptedSource({
      packages: [privatePackage],
      requires: { header: 'authorization', value: credentials },
    });
    t.teardown(() => internal.close());
    const folder = join(directory, 'packages');
    await mkdir(folder);
    await writeFile(join(folder, 'Contoso.Local.Tools.1.0.0.nupkg'), makeNupkg(localPackage));
    // The registry itself keeps no log that we could read: one Larder before it does.
    const registry = await startLarderProcess([
      '--data',
      join(directory, 'a'),
      '--source',
      `nuget.org=${publicSource}`,
    ]);
    t.teardown(() => registry.kill());
    const configuration = join(directory, 'larder.yaml');
    await writeFile(
      configuration,
      JSON.stringify({
        sources: [
          {
            name: 'internal',
            url: internal.url,
            packages: ['Contoso.*'],
            auth: { kind: 'basic', username: 'ci', password: 'env:INTERNAL_PASSWORD' },
          },
          { name: 'local', url: folder, packages: ['Contoso.Local.*'] },
          { name: 'nuget.org', url: `${registry.url}v3/index.json`, packages: ['*'] },
        ],
      }),
    );
    const larder = await startLarderProcess(['--data', join(directory, 'b'), '--config', configuration], {
      env: { INTERNAL_PASSWORD: 'open sesame' },
    });
    t.teardown(() => larder.kill());
    const restored = await Project.create(join(directory, 'project'), project, `${larder.url}v3/index.json`);
    await restored.restore();
    t.like(await restored.lockedVersions(), {
      'contoso.private': '1.2.0',
      'contoso.local.tools': '1.0.0',
      'newtonsoft.json': '13.0.1',
    });

    const ask = async (path: string) => {
      const { statusCode, body } = await request(`${larder.url}v3/${path}`);
      return { statusCode, text: await body.text() };
    };
    const asked = [
      'search?q=Contoso.Private',
      'search?q=contoso',
      'search?q=packageid:contoso.local.tools',
      'autocomplete?q=Contoso.Priv',
      'autocomplete?id=Contoso.Private',
      'registration/contoso.private/index.json',
      'registration-semver2/contoso.private/1.2.0.json',
      'flat/contoso.private/1.2.0/contoso.private.nuspec',
      'flat/contoso.private/1.2.0/readme',
      'flat/contoso.local.tools/index.json',
    ];
    for (const path of asked) t.is((await ask(path)).statusCode, 200, path);
    t.is((await ask('registration/contoso.unknown/index.json')).statusCode, 404);

    t.deepEqual(
      registry.output.filter((line) => /contoso/i.test(line)),
      [],
    );
    t.deepEqual(
      internal.requests.map(({ path }) => path).filter((path) => /contoso\.local|newtonsoft/i.test(path)),
      [],
    );
    t.true(internal.requests.length > 0);
    t.true(registry.output.some((line) => /newtonsoft\.json/i.test(line)));
  },
);
