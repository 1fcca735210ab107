import { Agent } from 'undici';
import { filledPackage } from './filled-package.js';

const lanes = 8;

/**
 * Asks a Larder for packages of a filled store at random, each to its last byte.
 * @param packages how many it was filled with
 * @param requests how many are asked for
 * @returns how long the slowest hundredth of them took at least, in milliseconds
 */
export async function slowestHundredthMs(url: string, packages: number, requests: number): Promise<number> {
  const agent = new Agent({ connections: lanes });
  const tookMs: number[] = [];
  const lane = async () => {
    while (tookMs.length < requests) {
      const { id, version } = filledPackage(Math.floor(Math.random() * packages));
      const key = id.toLowerCase();
      const beganAtMs = performance.now();
      const path = `/v3/flat/${key}/${version}/${key}.${version}.nupkg`;
      const { statusCode, body } = await agent.request({ origin: new URL(url).origin, path, method: 'GET' });
      await body.dump({ limit: Number.MAX_SAFE_INTEGER });
      if (statusCode !== 200) throw new Error(`${path}: ${statusCode}`);
      tookMs.push(performance.now() - beganAtMs);
    }
  };
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    await agent.destroy();
  }
  return tookMs.sort((a, b) => a - b)[Math.floor(tookMs.length * 0.99)] ?? Number.NaN;
}
