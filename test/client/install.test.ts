import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { dotnet, testWithDotnet } from '../support/dotnet.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const tool = (version: string): PackageScript => ({
  id: 'Contoso.Turner',
  version,
  nuspecExtras: '<packageTypes><packageType name="DotnetTool" /></packageTypes>',
  entryExtras: { packageTypes: [{ name: 'DotnetTool' }] },
  files: {
    'tools/net8.0/any/DotnetToolSettings.xml':
      '<DotNetCliTool Version="1"><Commands><Command Name="turn" EntryPoint="turn.dll" Runner="dotnet" /></Commands></DotNetCliTool>',
    'tools/net8.0/any/turn.dll': 'never run here',
    'tools/net8.0/any/turn.runtimeconfig.json': JSON.stringify({
      runtimeOptions: { tfm: 'net8.0', framework: { name: 'Microsoft.NETCore.App', version: '8.0.0' } },
    }),
  },
});

const template = (version: string): PackageScript => ({
  id: 'Contoso.Templates',
  version,
  nuspecExtras: '<packageTypes><packageType name="Template" /></packageTypes>',
  entryExtras: { packageTypes: [{ name: 'Template' }] },
  files: {
    'content/widget/.template.config/template.json': JSON.stringify({
      $schema: 'http://json.schemastore.org/template',
      author: 'Contoso',
      classifications: ['Widgets'],
      identity: `Contoso.Widget.${version}`,
      groupIdentity: 'Contoso.Widget',
      name: 'A widget',
      shortName: 'widget',
      tags: { language: 'C#', type: 'project' },
    }),
    'content/widget/widget.txt': 'a widget',
  },
});

const older = [tool('1.0.0'), template('2.0.0')];
const newer = [tool('1.5.0'), tool('2.0.0-beta.1'), template('1.0.0')];

testWithDotnet('tools and templates install from two sources as from one that has all', async (t) => {
  t.timeout(240_000);
  const [first, second, union] = await Promise.all(
    [older, newer, [...older, ...newer]].map((packages) => startScriptedSource({ packages })),
  );
  t.teardown(() => Promise.all([first?.close(), second?.close(), union?.close()]));
  if (!first || !second || !union) return t.fail();
  const larder = await startLarder(t, { sources: { first, second } });
  const directory = await temporaryDirectory(t);

  // Names of one length, because the client aligns its tables by them.
  const install = async (name: 'direct' | 'larder', url: string) => {
    const cwd = join(directory, name);
    await mkdir(cwd);
    await writeFile(
      join(cwd, 'NuGet.Config'),
      `<configuration><packageSources><clear /><add key="feed" value="${url}" allowInsecureConnections="true" /></packageSources></configuration>`,
    );
    const run = (args: readonly string[]) => dotnet(args, { cwd, caches: join(cwd, 'caches') });
    const output = [
      await run(['tool', 'install', 'Contoso.Turner', '--create-manifest-if-needed']),
      await run(['tool', 'list']),
      await run(['tool', 'update', 'Contoso.Turner', '--prerelease']),
      await run(['new', 'install', 'Contoso.Templates', '--add-source', url, '--force']),
      await run(['new', 'widget', '--output', 'made']),
    ].join('\n');
    return output.replaceAll(cwd, '').replaceAll(url, 'FEED');
  };
  const direct = await install('direct', union.url);
  t.regex(direct, /contoso\.turner\s+1\.5\.0/);
  t.regex(direct, /2\.0\.0-beta\.1/);
  t.regex(direct, /Contoso\.Templates(::|@)2\.0\.0/);
  t.is(await install('larder', `${larder.url}v3/index.json`), direct);
});
