import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readBlobKey } from '../keys.js';
import { isCorruption } from './corruption.js';
import { DamagedPartError } from './damaged-part.js';
import { Database } from './database.js';
import type { DatabaseOptions } from './database.js';
import type { DiskHealth } from './disk-health.js';
import { probeDisk } from './disk-probe.js';
import { droppedPrefix, Generation, syncDirectory } from './generation.js';
import { Generations } from './generations.js';
import { directoryBytes } from './store-directory.js';

export interface GenerationFiles {
  /** The directory that holds them. */
  readonly path: string;
  readonly options: Omit<DatabaseOptions, 'disk'>;
  readonly disk: DiskHealth;
}

/** Below and above all keys of the log. */
const [leastKey, mostKey] = [Buffer.alloc(1), Buffer.alloc(32, 0xff)];

const generationName = /^g([1-9]\d*)$/;

/**
 * Opens the generations that are there; a new store gets its first. What is left of dropped ones is removed.
 *
 * @throws DamagedPartError for one that LevelDB cannot read
 * @throws the error of LevelDB when one cannot be opened for another reason
 */
export async function openGenerations(files: GenerationFiles): Promise<Generations> {
  const numbers: number[] = [];
  for (const name of await readdir(files.path)) {
    if (name.startsWith(droppedPrefix)) await rm(join(files.path, name), { recursive: true, force: true });
    const number = generationName.exec(name)?.[1];
    if (number !== undefined) numbers.push(Number(number));
  }
  numbers.sort((a, b) => a - b);
  // All at once: each waits for the disk several times.
  const openings = await Promise.allSettled(numbers.map((number) => openGeneration(files, number)));
  const opened = openings.flatMap((opening) => (opening.status === 'fulfilled' ? [opening.value] : []));
  try {
    for (const opening of openings) if (opening.status === 'rejected') throw opening.reason;
    const newest = opened.at(-1);
    if (newest === undefined) opened.push(await beginGeneration(files, (numbers.at(-1) ?? 0) + 1, 0));
    else newest.end = Infinity;
  } catch (error) {
    for (const generation of opened) await generation.close();
    throw error;
  }
  return new Generations(await withoutEmpty(opened));
}

/** Makes an empty one; nothing of it is left when that fails. */
export async function beginGeneration(files: GenerationFiles, number: number, first: number): Promise<Generation> {
  const path = join(files.path, `g${number}`);
  try {
    const database = await openDatabase(files, number, path);
    await syncDirectory(files.path);
    files.disk.healed('roll');
    return new Generation({ number, path, database, first, end: Infinity, bytes: 0 });
  } catch (error) {
    const probe = async () => {
      await probeDisk(files.path, 2 * files.options.writeBufferBytes);
      files.disk.healed('roll');
    };
    files.disk.probeWith('roll', { probe });
    files.disk.failed('roll', error);
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
}

async function openGeneration(files: GenerationFiles, number: number): Promise<Generation> {
  const path = join(files.path, `g${number}`);
  let database: Database<Buffer>;
  try {
    database = await openDatabase(files, number, path);
  } catch (error) {
    if (!isCorruption(error)) throw error;
    throw new DamagedPartError(join('blobs', `g${number}`), { cause: error });
  }
  const [firstKey, lastKey] = await edges(database, number);
  const first = firstKey === undefined ? 0 : readBlobKey(firstKey).counter;
  const end = lastKey === undefined ? 0 : readBlobKey(lastKey).counter + 1;
  return new Generation({ number, path, database, first, end, bytes: await bytesOf(database, path) });
}

/** LevelDB knows what its tables take without asking the disk for each of some hundred files. */
async function bytesOf(database: Database<Buffer>, path: string): Promise<number> {
  const isTable = (file: string) => file.endsWith('.ldb');
  return (await database.tableBytes(leastKey, mostKey)) + (await directoryBytes(path, isTable));
}

async function edges(database: Database<Buffer>, number: number): Promise<[Buffer | undefined, Buffer | undefined]> {
  try {
    return [await database.firstKey(), await database.lastKey()];
  } catch (error) {
    await database.close();
    throw isCorruption(error) ? new DamagedPartError(join('blobs', `g${number}`), { cause: error }) : error;
  }
}

/** Only the newest may be empty: what another has once begun is behind its end mark. */
async function withoutEmpty(opened: readonly Generation[]): Promise<Generation[]> {
  const kept: Generation[] = [];
  for (const [at, generation] of opened.entries())
    if (generation.end > 0 || at === opened.length - 1) kept.push(generation);
    else await generation.discard();
  return kept;
}

async function openDatabase(files: GenerationFiles, number: number, path: string): Promise<Database<Buffer>> {
  const name = `g${number}`;
  const database = await Database.open<Buffer>(path, 'buffer', { ...files.options, disk: files.disk.watch(name) });
  files.disk.probeWith(name, database);
  return database;
}
