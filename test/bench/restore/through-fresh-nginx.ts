import { startNginx } from '../nginx.js';
import type { WorldSource } from '../world/world.js';
import type { RestoreClient } from './restore-client.js';

/** A restore through an nginx that was just started and has kept nothing. Its start is not counted. @returns what measures one */
export function throughFreshNginx(source: WorldSource, client: RestoreClient): () => Promise<number> {
  return async () => {
    const nginx = await startNginx(source.url);
    try {
      return await client.restore(nginx.url);
    } finally {
      await nginx.close();
    }
  };
}
