import { createHash } from 'node:crypto';
import { request } from 'undici';
import type { Contest } from './contestants.js';

/**
 * Puts an answer into both caches, twice, and sees that it is the same.
 * @returns its length in bytes
 * @throws when either does not give it, or gives something else
 */
export async function warmBoth({ larder, nginx }: Contest, path: string): Promise<number> {
  const seen = new Map<string, number>();
  for (const { urlOf } of [larder, nginx, larder, nginx]) {
    const { statusCode, body } = await request(urlOf(path));
    const hash = createHash('sha256');
    let length = 0;
    for await (const piece of body as AsyncIterable<Buffer>) {
      hash.update(piece);
      length += piece.length;
    }
    if (statusCode !== 200) throw new Error(`${urlOf(path)}: ${statusCode}`);
    seen.set(hash.digest('hex'), length);
  }
  const [length, ...others] = seen.values();
  if (length === undefined || others.length > 0) throw new Error(`${path} is not the same everywhere`);
  return length;
}
