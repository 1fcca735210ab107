import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { StoreInUseError } from '../../feed/store.js';

interface Owner {
  readonly pid: number;
  readonly host: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** Where the owner serves. */
  readonly url?: string;
  /** Who shows it there can read this folder, and may do with the store what its owner may. Another one at each start. */
  readonly token?: string;
}

const ownerFile = (path: string): string => join(path, 'owner.json');

/** Says who owns the store, for those who find it locked. The lock itself is LevelDB's. */
export async function writeOwner(path: string, startedAtMs: number, url?: string, token?: string): Promise<void> {
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    startedAt: new Date(startedAtMs).toISOString(),
    ...(url === undefined ? {} : { url }),
    ...(token === undefined ? {} : { token }),
  };
  // A new file each time: only then its mode is sure to be ours, and nobody reads half of it.
  const written = `${ownerFile(path)}.new`;
  await rm(written, { force: true });
  await writeFile(written, `${JSON.stringify(owner, null, 2)}\n`, { mode: 0o600 });
  await rename(written, ownerFile(path));
}

export async function removeOwner(path: string): Promise<void> {
  await rm(ownerFile(path), { force: true });
}

/** The error for a store that another process has open. */
export async function inUseError(path: string, cause: unknown): Promise<StoreInUseError> {
  const owner = await readOwner(path);
  const who = owner === undefined ? 'another process' : describe(owner);
  return new StoreInUseError(
    `the store ${path} is in use by ${who}: stop that process, ask it over its own address, or choose another path`,
    { cause, ownerUrl: owner?.url, ownerToken: owner?.token },
  );
}

function describe({ pid, host, startedAt, url }: Owner): string {
  const address = url === undefined ? '' : `, serving ${url}`;
  return `process ${pid} on ${host}${address} (since ${startedAt})`;
}

/** `undefined` when the owner has not yet, or never, said who it is: then the lock alone is known. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(ownerFile(path), 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}
