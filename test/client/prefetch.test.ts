import { join } from 'node:path';

import { lockedProject, Project, testWithDotnet } from '../support/dotnet.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const depth = 8;

testWithDotnet('a restore from a source that is far away finds that most of it is on its way or here', async (t) => {
  t.timeout(240_000);
  const directory = await temporaryDirectory(t);
  const levels = Array.from({ length: depth }, (_, level) => level);
  const source = await startScriptedSource({
    packages: levels.flatMap((level) =>
      ['A', 'B', 'C'].map((name) => ({
        id: `Far.${name}${level}`,
        version: '1.2.0',
        dependencies: level + 1 < depth ? { [`Far.${name}${level + 1}`]: '1.2.0' } : {},
      })),
    ),
  });
  t.teardown(() => source.close());
  source.fault('', { delayMs: 300 });
  const larder = await startLarder(t, { sources: { far: source }, config: { prefetch: { closure: true } } });
  const references = ['A', 'B', 'C'].map((name) => `<PackageReference Include="Far.${name}0" Version="1.2.0" />`);
  const project = await Project.create(
    join(directory, 'far'),
    lockedProject(references.join('')),
    `${larder.url}v3/index.json`,
  );
  await project.restore();
  const locked = await project.lockedVersions();
  t.is(Object.keys(locked).length, 3 * depth);
  t.deepEqual([...new Set(Object.values(locked))], ['1.2.0']);

  const { prefetch } = (await larder.get('api/status')).json<{ prefetch: { useful: number; wasted: number } }>();
  const below = 2 * 3 * (depth - 1);
  t.true(prefetch.useful >= below * 0.7, `${prefetch.useful} of ${below} lists and packages below the first level`);
  t.is(prefetch.wasted, 0);
  for (const id of Object.keys(locked)) t.is(source.count(`/${id}.1.2.0.nupkg`), 1, `${id}, whoever asked first`);
});
