import { startFreshLarder } from './fresh-larder.js';
import type { RestoreClient } from './restore-client.js';
import type { World, WorldSource } from '../world/world.js';

interface FreshOptions {
  readonly world: World;
  readonly source: WorldSource;
  readonly client: RestoreClient;
  /** Further members of the configuration. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Restores other packages through it first: a process that has run for a while has its code compiled and connections open. */
  readonly before?: RestoreClient;
}

/** A restore through a Larder that was just started and has none of its packages. Its start is not counted. @returns what measures one */
export function throughFreshLarder({ world, source, client, settings, before }: FreshOptions): () => Promise<number> {
  return async () => {
    const larder = await startFreshLarder(world, source, settings);
    try {
      await before?.restore(larder.url);
      return await client.restore(larder.url);
    } finally {
      await larder.close();
    }
  };
}
