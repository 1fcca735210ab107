import test from 'ava';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import { repositoryRoot } from '../support/repository-root.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { certificateFile } from '../support/tls-server.js';

test('every example in docs/sources.md is a valid configuration whose credentials have somewhere to go', async (t) => {
  const page = await readFile(join(repositoryRoot, 'docs/sources.md'), 'utf8');
  const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);
  const folder = await temporaryFolder(t);
  for (const name of ['secrets', 'certificates']) await mkdir(join(folder, name));
  for (const name of ['gitlab', 'artifactory']) await writeFile(join(folder, 'secrets', name), 'a-secret\n');
  for (const name of ['authority.pem', 'client.pem', 'client.key'])
    await copyFile(certificateFile(name), join(folder, 'certificates', name));
  const names: string[] = [];
  for (const example of examples) {
    await writeFile(join(folder, 'larder.yaml'), example);
    const variables = [...example.matchAll(/env:(\w+)/g)].map(([, name = '']) => [name, 'a-secret'] as const);
    const { config } = await loadConfig({ config: join(folder, 'larder.yaml') }, Object.fromEntries(variables));
    for (const { name, auth } of config.sources) {
      names.push(name);
      t.not(auth.kind, 'none', name);
    }
  }
  t.deepEqual(names, [
    'azure',
    'github',
    'gitlab',
    'artifactory',
    'nexus',
    'proget',
    'myget',
    'cloudsmith',
    'internal',
  ]);
});
