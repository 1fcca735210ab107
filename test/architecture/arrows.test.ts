import test from 'ava';
import { repositoryRoot } from '../support/repository-root.js';
import { readTree } from './source-tree.js';
import { breaches } from './rules.js';
import { join } from 'node:path';

test('every import in src follows the arrows, and every rule of the house holds', (t) => {
  const tree = readTree(join(repositoryRoot, 'src'));
  t.true(tree.length > 15, 'the sources were found');
  t.deepEqual(breaches(tree), []);
});

test('imports against the arrows are found, whatever their form', (t) => {
  const found = breaches([
    { path: 'nuget/a.ts', text: "import { x } from '../codec/x.js';" },
    { path: 'codec/a.ts', text: "import type { x } from '../feed/x.js';" },
    { path: 'feed/a.ts', text: "export { x } from '../http/x.js';" },
    { path: 'feed/b.ts', text: "const x = await import('../sources/x.js');" },
    { path: 'store/a.ts', text: "import {\n  x,\n} from '../sources/x.js';" },
    { path: 'sources/a.ts', text: "import '../store/x.js';" },
    { path: 'http/a.ts', text: "import { x } from '../store/v3/x.js';" },
    { path: 'ui/a.ts', text: "import { x } from '../feed/x.js';" },
    { path: 'bundle/a.ts', text: "import { x } from '../http/x.js';" },
    { path: 'config/a.ts', text: "import { x } from '../ops/x.js';" },
    { path: 'ops/a.ts', text: "import { x } from '../config/x.js';" },
    { path: 'policy/a.ts', text: "import { x } from '../feed/x.js';" },
    { path: 'http/v3/a.ts', text: "import { x } from '../../compose.js';" },
    { path: 'newroom/a.ts', text: "import { x } from '../nuget/x.js';" },
  ]);
  t.deepEqual(
    found.map((line) => line.replace(/ \(.*/, '')),
    [
      'nuget/a.ts: nuget may not import codec',
      'codec/a.ts: codec may not import feed',
      'feed/a.ts: feed may not import http',
      'feed/b.ts: feed may not import sources',
      'store/a.ts: store may not import sources',
      'sources/a.ts: sources may not import store',
      'http/a.ts: http may not import store',
      'ui/a.ts: ui may not import feed',
      'bundle/a.ts: bundle may not import http',
      'config/a.ts: config may not import ops',
      'ops/a.ts: ops may not import config',
      'policy/a.ts: policy may not import feed',
      'http/v3/a.ts: http may not import compose',
      'newroom/a.ts: newroom is no room of the house',
    ],
  );
});

test('imports along the arrows pass', (t) => {
  t.deepEqual(
    breaches([
      {
        path: 'codec/a.ts',
        text: "import { x } from '../nuget/x.js'; import { y } from './y.js'; import z from 'node:zlib';",
      },
      { path: 'feed/deep/a.ts', text: "import { x } from '../../codec/x.js'; import { y } from '../y.js';" },
      { path: 'store/a.ts', text: "import { x } from '../feed/store.js';" },
      { path: 'http/a.ts', text: "import { x } from '../feed/x.js'; import { y } from '../ui/y.js';" },
      { path: 'compose.ts', text: "import { x } from './store/x.js'; import { y } from './http/y.js';" },
      { path: 'cli/serve.ts', text: "import { x } from '../compose.js';" },
      { path: 'main.ts', text: "import { x } from './cli/x.js'; process.env;" },
      { path: 'config/a.ts', text: 'process.env' },
      { path: 'ops/clock.ts', text: 'Date.now()' },
      {
        path: 'feed/a.ts',
        text: 'new Date(at); // never Date.now(), nor fetch(url)\nsource.fetch(x); class A { fetch(b: B) {} }',
      },
      { path: 'feed/database.ts', text: '' },
    ]),
    [],
  );
});

test('edges see the ports of feed, not its work', (t) => {
  const text = "import { x } from '../feed/read-through.js';";
  t.deepEqual(breaches([{ path: 'sources/v3.ts', text }]).length, 1);
  t.deepEqual(breaches([{ path: 'store/level.ts', text }]).length, 1);
  t.deepEqual(breaches([{ path: 'http/a.ts', text }]).length, 0);
});

for (const name of [
  'source-manager',
  'helpers',
  'utils',
  'blobHandler',
  'package-data',
  'info',
  'process-queue',
  'item',
  'common',
])
  test(`a file called ${name} is found`, (t) => {
    t.regex(breaches([{ path: `feed/${name}.ts`, text: '' }]).join(), /is not a word of the house/);
  });

for (const [what, text] of [
  ['the environment', 'const x = process.env.HOME;'],
  ['the environment by another name', "const x = process['env'];"],
  ['the time', 'const now = Date.now();'],
  ['the time as a date', 'const now = new Date();'],
  ['the global fetch', 'const answer = await fetch(url);'],
  ['the global fetch by its full name', 'await globalThis.fetch(url);'],
] as const)
  test(`asking for ${what} elsewhere is found`, (t) => {
    t.is(breaches([{ path: 'feed/a.ts', text }]).length, 1);
  });
