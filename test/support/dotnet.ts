import test from 'ava';
import { request } from 'undici';
import { hasDotnet } from './dotnet-project.js';
import { skipBecause } from './skip-because.js';
import type { Registration } from './skip-because.js';

export { copySources, dotnet, lockedProject, Project } from './dotnet-project.js';

/** Registers the test, or skips it by name with the reason. */
/** Tests that need the .NET SDK. */
export const testWithDotnet: Registration = (await hasDotnet()) ? test : skipBecause('dotnet is not on the PATH');

/** nuget.org's public address: what the product asks unless told otherwise. */
export const publicSource = 'https://api.nuget.org/v3/index.json';

/** Tests that need the .NET SDK and reach the public registry: the only ones that leave this machine. */
export const testWithRegistry: Registration = (await hasDotnet())
  ? (await reachesRegistry())
    ? test
    : skipBecause('the public registry cannot be reached')
  : skipBecause('dotnet is not on the PATH');

async function reachesRegistry(): Promise<boolean> {
  try {
    const { statusCode, body } = await request(publicSource, {
      headersTimeout: 10_000,
      signal: AbortSignal.timeout(10_000),
    });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}
