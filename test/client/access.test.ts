import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { dotnet, Project, testWithDotnet } from '../support/dotnet.js';
import { startLarderProcess } from '../support/larder-process.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const key = 'a-key-with-some-signs+/=:';

const project = `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
    <NuGetAudit>false</NuGetAudit>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="Private.Thing" Version="1.0.0" /></ItemGroup>
</Project>`;

const nugetConfig = (feedUrl: string, credentials: string) => `<configuration>
  <packageSources><clear /><add key="larder" value="${feedUrl}" allowInsecureConnections="true" /></packageSources>
  ${credentials}
</configuration>`;

const stored = (password: string) =>
  `<packageSourceCredentials><larder><add key="Username" value="any" /><add key="ClearTextPassword" value="${password}" /></larder></packageSourceCredentials>`;

async function withVariable(name: string, value: string, run: () => Promise<unknown>): Promise<void> {
  process.env[name] = value;
  try {
    await run();
  } finally {
    delete process.env[name];
  }
}

testWithDotnet(
  'a real restore from a closed feed: with the key in NuGet.Config, with the key in the environment, and told 401 without',
  async (t) => {
    t.timeout(240_000);
    const source = await startScriptedSource({
      packages: [
        { id: 'Private.Thing', version: '1.0.0', dependencies: { Leaf: '[1.0.0, )' } },
        { id: 'Leaf', version: '1.0.0' },
      ],
    });
    t.teardown(() => source.close());
    const config = await temporaryFolder(t, {
      'larder.yaml': [
        `sources: [{ name: vault, url: "${source.url}" }]`,
        'feeds: [{ name: default }, { name: other }]',
        'access:',
        '  anonymousRead: false',
        '  keys:',
        '    - { name: ci, key: "env:CI_KEY", feeds: [default] }',
      ].join('\n'),
    });
    const directory = await temporaryDirectory(t);
    const larder = await startLarderProcess(
      ['--config', join(config, 'larder.yaml'), '--data', join(directory, 'data')],
      { env: { CI_KEY: key } },
    );
    t.teardown(() => larder.kill());
    const feed = `${larder.url}v3/index.json`;
    const made = await Project.create(join(directory, 'project'), project, feed);
    const configured = (feedUrl: string, credentials: string) =>
      writeFile(join(made.directory, 'NuGet.Config'), nugetConfig(feedUrl, credentials));

    // As docs/access.md has it, here over http.
    const [, example = ''] = /^```xml\n([^]*?)^```$/m.exec(await readFile('docs/access.md', 'utf8')) ?? [];
    await writeFile(
      join(made.directory, 'NuGet.Config'),
      example.replace(/value="https:[^"]*"/, `value="${feed}" allowInsecureConnections="true"`),
    );
    await withVariable('LARDER_KEY', key, () => made.restore());
    t.true(source.count(/private\.thing\.1\.0\.0\.nupkg/) > 0);

    const refused = async (feedUrl: string, credentials: string) => {
      await configured(feedUrl, credentials);
      return String((await t.throwsAsync(made.restore()))?.message);
    };
    t.regex(await refused(feed, ''), /NU1301[^]*401 \(a key is needed here: send it as the password\)/);
    t.regex(await refused(feed, stored('wrong-key')), /NU1301[^]*401 \(the key that was sent is not valid here\)/);
    t.regex(
      await refused(`${larder.url}feeds/other/v3/index.json`, stored(key)),
      /NU1301[^]*403 \(the key ci does not open this address\)/,
    );

    await configured(feed, '');
    await withVariable('NuGetPackageSourceCredentials_larder', `Username=any;Password=${key}`, () => made.restore());

    // The line that the server prints for pasting, with the key in its place.
    const line = larder.output.find((printed) => printed.startsWith('dotnet nuget add source ')) ?? '';
    t.true(line.includes(' --password YOUR_KEY '), line);
    await writeFile(
      join(made.directory, 'NuGet.Config'),
      '<configuration><packageSources><clear /></packageSources></configuration>',
    );
    const words = line.replace('YOUR_KEY', key).split(' ').slice(1);
    await dotnet([...words, '--configfile', join(made.directory, 'NuGet.Config')], {
      cwd: made.directory,
      caches: join(directory, 'caches-of-add'),
    });
    await made.restore();
    t.notRegex(larder.output.join('\n'), /a-key-with/);
  },
);
