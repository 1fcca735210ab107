import test from 'ava';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { version } from '../../src/ops/version.js';
import { repositoryRoot } from '../support/repository-root.js';

test('the version is that of package.json', (t) => {
  const manifest = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string };
  t.is(version, manifest.version);
});
