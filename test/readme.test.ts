import { readFile, writeFile } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { getter } from './support/larder.js';
import { startScriptedSource } from './support/scripted-source.js';
import { temporaryDirectory } from './support/temporary-directory.js';

/** Each command of the README and how it is known to work. */
const proofs: Readonly<Record<string, (t: ExecutionContext) => Promise<void>>> = {
  // `npm ci` came before this test could run.
  'npm ci && npm start': (t) => startAndAsk(t, []),
  'npm start -- --offline': (t) => startAndAsk(t, ['--offline']),
  'npm start -- --port 8080 --data /var/lib/larder --source nuget.org=https://api.nuget.org/v3/index.json': (t) =>
    startAndAsk(t, []),
  'npx larder check': async (t) => {
    const { code, lines } = await run(t, 'npx', ['larder', 'check', '--config', 'config/larder.yaml']);
    t.is(code, 0);
    t.true(lines.some((line) => line.includes('listen.port')));
  },
  'npx larder explain Newtonsoft.Json 13.0.3': async (t) => {
    const { code, lines } = await onEmptyStore(t, ['explain', 'Newtonsoft.Json', '13.0.3']);
    t.is(code, 0, lines.join('\n'));
    const answer =
      'Newtonsoft.Json 13.0.3 is not served by the feed default: offline, and it is not known here whether there is such a thing.';
    t.true(lines.includes(answer), lines.join('\n'));
  },
  'npx larder verify --repair': async (t) => {
    const { code, lines } = await onEmptyStore(t, ['verify', '--repair']);
    t.is(code, 0, lines.join('\n'));
    t.regex(lines[0] ?? '', /^0 packages \(0 bytes\) and 0 documents read in .*: nothing is damaged\.$/);
  },
  'npx larder gc --dry-run': async (t) => {
    const { code, lines } = await onEmptyStore(t, ['gc', '--dry-run']);
    t.is(code, 0, lines.join('\n'));
    t.deepEqual(lines, ['Would free 0 bytes: 0 packages evicted, 0 moved.']);
  },
  'npx larder purge Newtonsoft.Json 13.0.3': async (t) => {
    const { code, lines } = await onEmptyStore(t, ['purge', 'Newtonsoft.Json', '13.0.3']);
    t.is(code, 1, 'there is nothing to forget');
    t.deepEqual(lines, ['Nothing of Newtonsoft.Json is kept here.']);
  },
  // It is what runs this test.
  'npm ci && npm test': async (t) => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
    t.is(scripts['test'], 'ava');
  },
};

test.serial('every command of the README works', async (t) => {
  t.timeout(180_000);
  const readme = await readFile('README.md', 'utf8');
  const commands = [...readme.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, block = '']) => block.trim().split('\n'));
  t.deepEqual([...commands].sort(), Object.keys(proofs).sort(), 'a command without proof, or a proof without command');
  for (const command of commands) await proofs[command]?.(t);
});

test.serial('the example configuration of the README is valid', async (t) => {
  t.timeout(60_000);
  const example = /^```yaml\n([^]*?)^```$/m.exec(await readFile('README.md', 'utf8'))?.[1] ?? '';
  const file = join(await temporaryDirectory(t), 'larder.yaml');
  await writeFile(file, example);
  const { code, lines } = await run(t, process.execPath, ['build/src/main.js', 'check', '--config', file], {
    FEED_PASSWORD: 'hidden-word',
  });
  t.is(code, 0, lines.join('\n'));
  t.false(lines.join('\n').includes('hidden-word'));
});

test('every error code is listed in docs/errors.md', async (t) => {
  const page = await readFile('docs/errors.md', 'utf8');
  const sources = await Promise.all(
    ['src/feed/answer.ts', 'src/http/problem.ts', 'src/http/server.ts'].map((file) => readFile(file, 'utf8')),
  );
  const codes = new Set(
    sources.flatMap((text) =>
      [...text.matchAll(/(?:\|\s+|code: |, )'([a-z]+(?:-[a-z]+)+|internal)'/g)].map(([, code = '']) => code),
    ),
  );
  t.true(codes.size >= 18, [...codes].join(' '));
  for (const code of codes) t.true(page.includes(`| \`${code}\``), code);
});

async function startAndAsk(t: ExecutionContext, args: readonly string[]): Promise<void> {
  const source = await startScriptedSource({ packages: [{ id: 'Readme', version: '1.0.0' }] });
  t.teardown(() => source.close());
  const data = await temporaryDirectory(t);
  const child = spawn(
    'npm',
    ['start', '--', '--port', '0', '--data', data, '--source', `origin=${source.url}`, ...args],
    { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
  );
  const lines: string[] = [];
  try {
    const url = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        lines.push(line);
        const [, found] =
          /^dotnet nuget add source (http\S+\/)v3\/index\.json --name larder --allow-insecure-connections$/.exec(
            line,
          ) ?? [];
        if (found !== undefined) resolve(found);
      });
      child.once('exit', (code) => reject(new Error(`npm start ended with ${String(code)}:\n${lines.join('\n')}`)));
    });
    t.true(lines.some((line) => /^Feed: http:\/\/127\.0\.0\.1:\d+\/v3\/index\.json$/.test(line)));
    const get = getter(t, url);
    t.is((await get('health/ready')).status, 200);
    t.is((await get('health/live')).status, 200);
    t.is((await get('v3/flat/readme/index.json')).status, args.includes('--offline') ? 504 : 200);
    t.regex((await get('')).text(), /dotnet nuget add source/);
    t.like((await get('api/status')).json(), { offline: args.includes('--offline'), packages: 0 });
  } finally {
    // npm does not hand every signal on: the whole group ends.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  }
}

/** A verb of the command line, with npm's own remarks left out. */
async function onEmptyStore(t: ExecutionContext, args: readonly string[]) {
  const { code, lines } = await run(t, 'npx', ['larder', ...args], {
    LARDER_STORE__PATH: await temporaryDirectory(t),
    LARDER_OFFLINE: 'true',
  });
  return { code, lines: lines.filter((line) => !line.startsWith('npm ')) };
}

async function run(
  t: ExecutionContext,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  });
  t.log(`${command} ${args.join(' ')}: ${String(code)}`);
  return { code, lines };
}
