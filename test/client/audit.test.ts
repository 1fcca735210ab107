import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { dotnet, Project, testWithDotnet } from '../support/dotnet.js';
import { ManualClock, startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript, ScriptedSource } from '../support/scripted-source.js';
import { advisory, basePage, tellVulnerabilities } from '../support/scripted-vulnerabilities.js';
import type { ScriptedPage } from '../support/scripted-vulnerabilities.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const projectFile = `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>netstandard2.0</TargetFramework>
    <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
    <NuGetAuditMode>all</NuGetAuditMode>
    <NuGetAuditLevel>low</NuGetAuditLevel>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Direct" Version="1.0.0" />
    <PackageReference Include="Corp.Tool" Version="1.0.0" />
    <PackageReference Include="Clean" Version="1.0.0" />
  </ItemGroup>
</Project>`;

const vulnerable = (number: number, severity: string) => ({
  vulnerabilities: [{ advisoryUrl: advisory(number).url, severity }],
});

const open: PackageScript[] = [
  { id: 'Direct', version: '1.0.0', dependencies: { Deep: '[1.0.0, )' }, entryExtras: vulnerable(1, '2') },
  { id: 'Direct', version: '2.0.0' },
  { id: 'Deep', version: '1.0.0', entryExtras: vulnerable(2, '3') },
  {
    id: 'Clean',
    version: '1.0.0',
    entryExtras: {
      deprecation: {
        reasons: ['Legacy'],
        message: 'Take Direct',
        alternatePackage: { id: 'Direct', range: '[2.0.0, )' },
      },
    },
  },
];
const internal: PackageScript[] = [
  { id: 'Corp.Tool', version: '1.0.0', entryExtras: vulnerable(3, '0') },
  { id: 'Corp.Tool', version: '1.1.0', entryExtras: vulnerable(3, '0') },
];
const openPages: ScriptedPage[] = [
  basePage({ direct: [advisory(1, '[1.0.0, 2.0.0)', 2)], clean: [advisory(9, '[2.0.0, )', 3)] }),
  {
    name: 'update',
    updated: '2024-02-01T00:00:00Z',
    packages: {
      deep: [advisory(2, '(, 1.0.0]', 3)],
      direct: [advisory(1, '[1.0.0, 2.0.0)', 2), advisory(4, '[1.0.0]', 1)],
    },
  },
];
const internalPages: ScriptedPage[] = [basePage({ 'corp.tool': [advisory(3, '[1.0.0, )', 0)] })];

async function scripted(
  t: ExecutionContext,
  packages: PackageScript[],
  pages: ScriptedPage[] = [],
): Promise<ScriptedSource> {
  const source = await startScriptedSource({ packages });
  t.teardown(() => source.close());
  if (pages.length > 0) tellVulnerabilities(source, pages);
  return source;
}

/** What the audit said, in order. */
const audit = (output: string) =>
  [
    ...new Set([...output.matchAll(/(NU19\d\d): (.*?)(?: \[|$)/gm)].map(([, code, text]) => `${code} ${text?.trim()}`)),
  ].sort();

testWithDotnet(
  'an audit of two sources through us says what it says of one source with all, also with the sources gone; so do the package lists',
  async (t) => {
    t.timeout(400_000);
    const directory = await temporaryDirectory(t);
    const whole = await scripted(
      t,
      [...open, ...internal],
      [basePage({ ...(openPages[0]?.packages ?? {}), ...(internalPages[0]?.packages ?? {}) }), ...openPages.slice(1)],
    );
    const sources = { internal: await scripted(t, internal, internalPages), open: await scripted(t, open, openPages) };
    const clock = new ManualClock();
    const larder = await startLarder(t, {
      sources,
      clock,
      sourceSettings: { internal: { packages: ['Corp.*'] } },
    });
    const feed = `${larder.url}v3/index.json`;
    const project = await Project.create(join(directory, 'p'), projectFile, whole.url);
    const lists = async (feedUrl: string) => {
      const caches = join(directory, 'list-caches');
      const outputs = [];
      for (const args of [['--vulnerable', '--include-transitive'], ['--deprecated'], ['--outdated']]) {
        const output = await dotnet(['list', 'package', ...args], { cwd: project.directory, caches });
        outputs.push(output.replaceAll(feedUrl, 'FEED').replace(/\(in [\d.]+ m?s(ec)?\)/g, ''));
      }
      return outputs;
    };

    const direct = audit(await project.restore());
    t.deepEqual(
      direct.map((line) => line.slice(0, 6)),
      ['NU1901', 'NU1902', 'NU1903', 'NU1904'],
      direct.join('\n'),
    );
    for (const number of [1, 2, 3, 4]) t.true(direct.some((line) => line.includes(advisory(number).url)));
    const directLists = await lists(whole.url);
    t.regex(directLists[0] ?? '', /Direct[^]*High[^]*GHSA-1/);
    t.regex(directLists[1] ?? '', /Clean[^]*Legacy/);
    t.regex(directLists[2] ?? '', /Corp\.Tool[^]*1\.1\.0/);

    await project.useFeed(feed);
    t.deepEqual(audit(await project.restore()), direct);
    t.deepEqual(await lists(feed), directLists);

    await Promise.all([sources.internal.close(), sources.open.close()]);
    clock.advance(30 * 24 * 3_600_000);
    t.deepEqual(audit(await project.restore()), direct);
  },
);

testWithDotnet(
  'trap 34: an audit that cannot be had is a warning that tells why, and none is offered where no source has one',
  async (t) => {
    t.timeout(240_000);
    const directory = await temporaryDirectory(t);
    const failing = await scripted(t, [...open, ...internal], openPages);
    failing.fault('vulnerability.base', { status: 500 });
    const through = await startLarder(t, { sources: { 'the-source': failing } });
    const project = await Project.create(join(directory, 'p'), projectFile, `${through.url}v3/index.json`);
    // Its text says "error" although it is a warning.
    const warned = audit(await dotnet(['restore'], { cwd: project.directory, caches: join(directory, 'caches') }));
    t.is(warned.length, 1, warned.join('\n'));
    t.regex(warned[0] ?? '', /^NU1900 .*the-source/);

    const bare = await startLarder(t, { sources: { bare: await scripted(t, [...open, ...internal]) } });
    const feed = `${bare.url}v3/index.json`;
    await project.useFeed(feed);
    t.deepEqual(audit(await project.restore()), [], 'as from the source itself');
    await writeFile(
      join(project.directory, 'NuGet.Config'),
      `<configuration><packageSources><clear /><add key="larder" value="${feed}" allowInsecureConnections="true" /></packageSources>
      <auditSources><clear /><add key="larder" value="${feed}" allowInsecureConnections="true" /></auditSources></configuration>`,
    );
    const asked = audit(await project.restore());
    t.regex(asked.join('\n'), /^NU1905 /, 'who asks us to audit hears that we cannot');
  },
);
