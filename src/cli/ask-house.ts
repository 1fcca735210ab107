import { openHouse } from '../compose.js';
import type { Config } from '../config/schema.js';
import type { Insight } from '../feed/insight.js';
import { StoreInUseError } from '../feed/store.js';
import { silentLog } from '../ops/log.js';
import { version } from '../ops/version.js';
import { OwnerServer, UnansweredError } from './owner-server.js';

/** What can be asked of a house that no server has open. */
export type OwnHouse = Awaited<ReturnType<typeof openHouse>>;

/** A question in both its forms. */
export interface Asking<T> {
  /** Below a running server's address, without leading slash. */
  readonly path: string;
  /** The same of a store that no server has open; `undefined` when there is no such thing. */
  own(insight: Insight): Promise<T | undefined>;
  /** In place of the answer that is not there. */
  readonly absence: string;
}

/**
 * Asks the server that has the store open, or else the store.
 * @param key access key for that server
 * @throws UnansweredError, or what the store says when it cannot be opened
 */
export function askHouse<T>(config: Config, asking: Asking<T>, key: string | undefined): Promise<T> {
  return atHouse(config, key, {
    beside: async (server) => JSON.parse(await server.text('GET', asking.path)) as T,
    alone: async ({ insight }) => {
      const answer = await asking.own(insight);
      if (answer === undefined) throw new UnansweredError(asking.absence);
      return answer;
    },
  });
}

/** What is done beside a running server, and what on a store that none has open. */
export interface Ways<T> {
  beside(server: OwnerServer): Promise<T>;
  alone(house: OwnHouse): Promise<T>;
}

/** Takes the way that is open. @throws what the store says when it cannot be opened, and whatever the way throws */
export async function atHouse<T>(config: Config, key: string | undefined, ways: Ways<T>): Promise<T> {
  let house: OwnHouse;
  try {
    house = await openHouse(config, version, { log: silentLog });
  } catch (error) {
    if (!isServed(error)) throw error;
    const server = new OwnerServer(error, config, key);
    try {
      return await ways.beside(server);
    } finally {
      await server.close();
    }
  }
  try {
    return await ways.alone(house);
  } finally {
    await house.close();
  }
}

const isServed = (error: unknown): error is StoreInUseError & { readonly ownerUrl: string } =>
  error instanceof StoreInUseError && error.ownerUrl !== undefined;
