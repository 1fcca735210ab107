import type { Config } from './config/schema.js';

/** Joins the parts and serves. @throws while nothing is composed */
export async function serve(
  _config: Config,
  _version: string,
): Promise<{ url: string; closed: Promise<void>; shutdown(): Promise<void> }> {
  throw new Error('not composed');
}
