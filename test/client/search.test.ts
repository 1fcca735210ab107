import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { ExecutionContext } from 'ava';

import { dotnet, testWithDotnet } from '../support/dotnet.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import type { PackageScript } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

interface Printed {
  readonly problems: readonly unknown[];
  readonly searchResult: readonly { readonly packages: readonly object[] }[];
}

const library = (id: string, all: readonly string[]): PackageScript[] => all.map((version) => ({ id, version }));
const inner = [...library('Json.Mine', ['1.0.0', '1.1.0-beta']), ...library('Json.Both', ['3.0.0'])];
const outer = [
  ...library('Json.Both', ['1.0.0', '2.0.0']),
  ...library('Json.Theirs', ['1.0.0', '2.0.0+meta']),
  ...Array.from({ length: 30 }, (_, place) => library(`Json.N${place}`, ['1.0.0'])).flat(),
];

testWithDotnet('`dotnet package search` prints the same through us as from one source that has it all', async (t) => {
  t.timeout(180_000);
  const [a, b, union] = await Promise.all([
    startScriptedSource({ packages: inner }),
    startScriptedSource({ packages: outer }),
    startScriptedSource({ packages: [...inner, ...outer] }),
  ]);
  t.teardown(() => Promise.all([a.close(), b.close(), union.close()]));
  const larder = await startLarder(t, { sources: { a, b } });
  const ask = await client(t);
  for (const args of [
    ['json'],
    ['json', '--prerelease'],
    ['json', '--take', '40'],
    ['nothing.such'],
    ['Json.Both', '--exact-match'],
  ]) {
    const direct = await ask(union.url, args);
    const through = await ask(`${larder.url}v3/index.json`, args);
    t.deepEqual(through.problems, [], args.join(' '));
    const [expected, shown] = [direct, through].map(byId);
    if (args.includes('40') || !args.includes('json')) t.deepEqual(shown, expected, args.join(' '));
    else t.is(shown?.length, 20, 'a page is full');
  }
  t.is((await ask(`${larder.url}v3/index.json`, ['json', '--take', '40'])).searchResult[0]?.packages.length, 33);

  await b.close();
  const away = await ask(`${larder.url}v3/index.json`, ['mine']);
  t.is(away.searchResult[0]?.packages.length, 1, 'one source away is no failure');
});

const byId = ({ searchResult }: Printed) =>
  searchResult.flatMap(({ packages }) => packages.map((one) => JSON.stringify(one))).toSorted();

/** The SDK's search against one feed, in caches and folders of its own. */
async function client(t: ExecutionContext) {
  const directory = await temporaryDirectory(t);
  const cwd = join(directory, 'work');
  await mkdir(cwd);
  return async (feedUrl: string, args: readonly string[]): Promise<Printed> => {
    await writeFile(
      join(cwd, 'NuGet.Config'),
      `<configuration><packageSources><clear /><add key="feed" value="${feedUrl}" allowInsecureConnections="true" /></packageSources></configuration>`,
    );
    const output = await dotnet(['package', 'search', ...args, '--format', 'json', '--verbosity', 'detailed'], {
      cwd,
      caches: join(directory, 'caches'),
    });
    return JSON.parse(output.slice(output.indexOf('{'))) as Printed;
  };
}
