import type { ExecutionContext } from 'ava';
import type { z } from 'zod';

import type { LarderUnderTest } from '../support/larder.js';

/** Asks the API and holds the answer against its published schema, to which no member may be unknown. */
export async function askApi<T extends z.ZodType>(
  t: ExecutionContext,
  { get }: Pick<LarderUnderTest, 'get'>,
  path: string,
  schema: T,
): Promise<z.output<T>> {
  const reply = await get(`api/${path}`);
  t.is(reply.status, 200, `${path}: ${reply.text()}`);
  t.regex(String(reply.headers['content-type']), /^application\/json/);
  t.is(reply.headers['cache-control'], 'no-store');
  return schema.parse(reply.json());
}
