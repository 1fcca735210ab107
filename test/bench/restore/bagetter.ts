import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FormData, request } from 'undici';
import { readWorldPackage } from '../world/world-folder.js';
import type { World, WorldSource } from '../world/world.js';

/** A BaGetter that has, or can fetch, the packages of a world. */
export interface Bagetter {
  /** The service index. */
  readonly url: string;
  close(): Promise<void>;
}

const startTimeoutMs = 60_000;

/** Why BaGetter cannot be a peer here, and how it could be; `undefined` when it can. */
export function whyNoBagetter(): string | undefined {
  if (process.env['BAGETTER_DIR'] !== undefined || process.env['BAGETTER_URL'] !== undefined) return undefined;
  return 'BaGetter is missing: unpack a release and run with BAGETTER_DIR=folder, or BAGETTER_URL=index of a running one';
}

/**
 * A BaGetter as the environment names it: `BAGETTER_DIR` holds a release, which is started as a mirror of the source. To one that runs at
 * `BAGETTER_URL` the packages are pushed, with the key `BAGETTER_API_KEY`.
 */
export async function startBagetter(world: World, source: WorldSource): Promise<Bagetter> {
  const { BAGETTER_DIR: directory, BAGETTER_URL: url = '' } = process.env;
  if (directory !== undefined) return mirror(directory, world, source);
  await push(world, url);
  return { url, close: async () => undefined };
}

async function mirror(directory: string, world: World, source: WorldSource): Promise<Bagetter> {
  const kept = await mkdtemp(join(world.directory, 'bagetter-'));
  const child = spawn('dotnet', [join(directory, 'BaGetter.dll')], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      DOTNET_ROLL_FORWARD: 'LatestMajor',
      ASPNETCORE_URLS: 'http://127.0.0.1:0',
      Urls: 'http://127.0.0.1:0',
      Database__Type: 'Sqlite',
      Database__ConnectionString: `Data Source=${join(kept, 'bagetter.db')}`,
      Storage__Type: 'FileSystem',
      Storage__Path: kept,
      Search__Type: 'Database',
      Mirror__Enabled: 'true',
      Mirror__PackageSource: source.url,
    },
  });
  const close = async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    await rm(kept, { recursive: true, force: true });
  };
  try {
    const origin = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        const [, found] = /Now listening on: (http:\/\/\S+)/.exec(line) ?? [];
        if (found !== undefined) resolve(found);
      });
      child.once('error', reject).once('exit', (code) => reject(new Error(`BaGetter ended with ${String(code)}`)));
      setTimeout(() => reject(new Error(`BaGetter did not start within ${startTimeoutMs} ms`)), startTimeoutMs).unref();
    });
    return { url: `${origin}/v3/index.json`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function push(world: World, url: string): Promise<void> {
  const index = (await (await request(url)).body.json()) as { resources: { '@id': string; '@type': string }[] };
  const publish = index.resources.find((one) => one['@type'].startsWith('PackagePublish'))?.['@id'];
  if (publish === undefined) throw new Error(`${url} takes no packages`);
  for (const one of world.shape.packages) {
    const form = new FormData();
    form.append('package', new Blob([new Uint8Array(await readWorldPackage(world.folder, one))]), `${one.id}.nupkg`);
    const { statusCode, body } = await request(publish, {
      method: 'PUT',
      headers: { 'x-nuget-apikey': process.env['BAGETTER_API_KEY'] ?? '' },
      body: form,
    });
    await body.dump();
    // 409: it has it from an earlier run, in which the packages were shaped alike.
    if (statusCode >= 300 && statusCode !== 409) throw new Error(`${publish} answers ${statusCode} to a push`);
  }
}
