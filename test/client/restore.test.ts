import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { lockedProject, Project, testWithDotnet, testWithRegistry, publicSource } from '../support/dotnet.js';
import { startLarderProcess } from '../support/larder-process.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const sample = (name: string) => readFile(`test/client/samples/${name}/${name}.csproj`, 'utf8');
/** Nothing listens there: the source is out of reach. */
const nowhere = 'http://127.0.0.1:9/v3/index.json';

for (const [name, count] of [
  ['small', 99],
  ['medium', 151],
] as const)
  testWithRegistry(
    `a real solution of ${count} packages restores through an empty store, then with the source gone, after a restart, and offline (${name})`,
    async (t) => {
      t.timeout(240_000);
      const directory = await temporaryDirectory(t);
      const data = join(directory, 'data');
      let larder = await startLarderProcess(['--data', data, '--source', `nuget.org=${publicSource}`]);
      t.teardown(() => larder.kill());
      const project = await Project.create(join(directory, name), await sample(name), `${larder.url}v3/index.json`);
      await project.restore();
      const locked = await project.lockFile();
      t.is(Object.keys(await project.lockedVersions()).length, count);

      for (const args of [['--source', `nuget.org=${nowhere}`], ['--offline']]) {
        t.is(await larder.stop(), 0, 'SIGTERM drains and ends well');
        larder = await startLarderProcess(['--data', data, ...args]);
        await project.useFeed(`${larder.url}v3/index.json`);
        await project.restore(['--locked-mode']);
        t.is(await project.lockFile(), locked, args.join(' '));
      }
    },
  );

testWithDotnet(
  'floating versions restore from what is kept when the source is away, and never go backwards',
  async (t) => {
    t.timeout(120_000);
    const source = await startScriptedSource({
      packages: ['1.0.0', '1.2.0', '1.10.0', '2.0.0', '2.1.0-beta.1']
        .map((version) => ({
          id: 'Floaty',
          version,
          ...(version === '2.0.0' && { dependencies: { Leaf: '[1.0.0, )' } }),
        }))
        .concat([{ id: 'Leaf', version: '1.0.0' }]),
    });
    t.teardown(() => source.close());
    const directory = await temporaryDirectory(t);
    const larder = await startLarderProcess(['--data', join(directory, 'data'), '--source', `origin=${source.url}`], {
      env: { LARDER_FRESHNESS__VERSIONS: '1ms', LARDER_FRESHNESS__MISSING: '1ms' },
    });
    t.teardown(() => larder.kill());
    const feed = `${larder.url}v3/index.json`;
    const minor = await Project.create(
      join(directory, 'minor'),
      lockedProject('<PackageReference Include="Floaty" Version="1.*" />'),
      feed,
    );
    const any = await Project.create(
      join(directory, 'any'),
      lockedProject('<PackageReference Include="Floaty" Version="*" />'),
      feed,
    );
    for (const project of [minor, any]) await project.restore(['-p:RestorePackagesWithLockFile=true']);
    t.is((await minor.lockedVersions())['floaty'], '1.10.0');
    t.like(await any.lockedVersions(), { floaty: '2.0.0', leaf: '1.0.0' });

    await source.close();
    for (const project of [minor, any]) await project.restore(['--force-evaluate']);
    t.is((await minor.lockedVersions())['floaty'], '1.10.0');
    t.like(await any.lockedVersions(), { floaty: '2.0.0', leaf: '1.0.0' });
  },
);

testWithDotnet(
  'the person at the build reads why a package cannot be had: the source by name, never "not found"',
  async (t) => {
    t.timeout(120_000);
    const directory = await temporaryDirectory(t);
    const larder = await startLarderProcess(['--data', join(directory, 'data'), '--source', `far-away=${nowhere}`]);
    t.teardown(() => larder.kill());
    const project = await Project.create(
      join(directory, 'p'),
      lockedProject('<PackageReference Include="Nowhere" Version="1.0.0" />'),
      `${larder.url}v3/index.json`,
    );
    const error = await t.throwsAsync(project.restore());
    t.regex(String(error?.message), /NU1301[^]*far-away/);
    t.notRegex(String(error?.message), /NU1101/);
  },
);
