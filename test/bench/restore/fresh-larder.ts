import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLarderProcess } from '../../support/larder-process.js';
import { shippedScript } from '../../support/shipped-build.js';
import type { World, WorldSource } from '../world/world.js';

/** A Larder as a user starts it, with an empty store. */
export interface FreshLarder {
  /** The service index. */
  readonly url: string;
  /** Ends it at once and removes what it kept. */
  close(): Promise<void>;
}

/** @param settings further members of the configuration; all else is as it is by default */
export async function startFreshLarder(
  world: World,
  source: WorldSource,
  settings: Readonly<Record<string, unknown>> = {},
): Promise<FreshLarder> {
  const directory = await mkdtemp(join(world.directory, 'larder-'));
  const config = join(directory, 'larder.yaml');
  // JSON is YAML.
  await writeFile(config, JSON.stringify({ sources: [{ name: 'origin', url: source.url }], ...settings }));
  const larder = await startLarderProcess(['--data', join(directory, 'data'), '--config', config], {
    script: await shippedScript(),
  });
  return {
    url: `${larder.url}v3/index.json`,
    async close() {
      await larder.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
