import { join } from 'node:path';
import { hasDotnet } from '../../support/dotnet-project.js';
import type { Row } from '../row.js';
import type { WorldSize } from '../world/world-shape.js';
import { World } from '../world/world.js';
import { RestoreClient } from './restore-client.js';

type Facts = Omit<Row, 'value' | 'low' | 'high'>;

/** A row that says why there is nothing in it. */
export const skippedRow = (facts: Facts, skipped: string): Row => ({
  ...facts,
  value: null,
  low: null,
  high: null,
  skipped,
});

/**
 * Measures with the real client in a world of its own. Without a client there is one row, which says so.
 * @param measure gets a client for the world's packages, and one for its others
 */
export async function inWorld(
  size: WorldSize,
  { id, name }: Pick<Facts, 'id' | 'name'>,
  measure: (world: World, client: RestoreClient, others: RestoreClient) => Promise<readonly Row[]>,
): Promise<readonly Row[]> {
  if (!(await hasDotnet()))
    return [
      skippedRow({ id, name, unit: 'times', better: 'lower', target: null, peer: null }, 'dotnet is not on the PATH'),
    ];
  const world = await World.start(size);
  try {
    const client = await RestoreClient.create(join(world.directory, 'client'), world.shape);
    return await measure(world, client, await RestoreClient.create(join(world.directory, 'others'), world.others));
  } finally {
    await world.close();
  }
}
