import type { LarderUnderTest } from './larder.js';

export interface SearchHitDocument {
  readonly '@id': string;
  readonly registration: string;
  readonly id: string;
  readonly version: string;
  readonly versions: readonly { readonly version: string; readonly '@id': string; readonly downloads: number }[];
  readonly [field: string]: unknown;
}

export interface SearchDocument {
  readonly totalHits: number;
  readonly data: readonly SearchHitDocument[];
}

export interface CompletionDocument {
  readonly totalHits: number;
  readonly data: readonly string[];
}

/** Searches, and expects an answer. @param query as after the question mark */
export async function search(
  larder: Pick<LarderUnderTest, 'get'>,
  query: string,
  root = 'v3/',
): Promise<SearchDocument> {
  return ask(larder, `${root}search?${query}`);
}

export async function complete(
  larder: Pick<LarderUnderTest, 'get'>,
  query: string,
  root = 'v3/',
): Promise<CompletionDocument> {
  return ask(larder, `${root}autocomplete?${query}`);
}

async function ask<T>(larder: Pick<LarderUnderTest, 'get'>, path: string): Promise<T> {
  const reply = await larder.get(path);
  if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}: ${reply.text()}`);
  return reply.json<T>();
}

/** `Id version` of each hit. */
export const shown = ({ data }: SearchDocument) => data.map(({ id, version }) => `${id} ${version}`);

/** `Id: all its versions` of each hit. */
export const versions = ({ data }: SearchDocument) =>
  data.map((hit) => `${hit.id}: ${hit.versions.map(({ version }) => version).join(' ')}`);
