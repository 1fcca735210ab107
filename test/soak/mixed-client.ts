import type { Agent, Dispatcher } from 'undici';

import type { PackageScript } from '../support/scripted-source.js';
import { popular, weighted } from '../support/random.js';
import type { Tally } from './tally.js';
import type { World } from './world.js';

/** Failures that a client may be told of while sources fail. Anything else that is no success is wrong. */
const mayFail = new Set([502, 503, 504]);

interface Client {
  readonly agent: Agent;
  readonly origin: string;
  readonly world: World;
  readonly random: () => number;
  readonly tally: Tally;
}

type Question = (client: Client) => Promise<void>;

const questions: readonly (readonly [weight: number, question: Question])[] = [
  [30, versionList],
  [30, nupkg],
  [12, registration],
  [5, unknownId],
  [3, unknownVersion],
  [3, nupkgRange],
  [3, leaf],
  [3, nuspec],
  [3, serviceIndex],
  [2, search],
  [2, leaveEarly],
  [1, nonsense],
];

/** Asks one thing after the other, as many kinds of clients do, and holds each answer against what there is. */
export async function askOn(client: Client, goesOn: () => boolean): Promise<void> {
  while (goesOn()) await weighted(client.random, questions)(client);
}

interface Got {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData['headers'];
  readonly body: Buffer;
}

/** @returns `undefined` when the answer broke off, which is how a failure in the middle of a package is told */
async function get(
  { agent, origin, tally }: Client,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Got | undefined> {
  const answered = tally.ask(path);
  try {
    const response = await agent.request({ origin, path: `/${path}`, method: 'GET', headers });
    const body = Buffer.from(await response.body.arrayBuffer());
    tally.count(response.statusCode);
    return { status: response.statusCode, headers: response.headers, body };
  } catch {
    tally.count(0);
    return undefined;
  } finally {
    answered();
  }
}

/** The answer when it is a good one; tells when it is one that must not be. */
async function good(
  client: Client,
  path: string,
  { headers, status = 200 }: { headers?: Readonly<Record<string, string>>; status?: number } = {},
): Promise<Got | undefined> {
  const got = await get(client, path, headers);
  if (got === undefined || mayFail.has(got.status)) return undefined;
  if (got.status === status) return got;
  client.tally.isWrong(`${path}: ${got.status} ${got.body.subarray(0, 200).toString()}`);
  return undefined;
}

function pick({ world, random }: Client): World['packages'][number] {
  return world.packages[popular(random, world.packages.length)]!;
}

const key = ({ id }: PackageScript) => id.toLowerCase();
const nupkgPath = (one: PackageScript) => `v3/flat/${key(one)}/${one.version}/${key(one)}.${one.version}.nupkg`;

function bytesOf({ world }: Client, { source, id, version }: World['packages'][number]): Buffer {
  return world.sources[source].package(id, version).bytes;
}

async function versionList(client: Client): Promise<void> {
  const one = pick(client);
  const path = `v3/flat/${key(one)}/index.json`;
  const got = await good(client, path);
  if (got)
    assertVersions(client, one, path, () => (JSON.parse(got.body.toString()) as { versions: string[] }).versions);
}

async function registration(client: Client): Promise<void> {
  const one = pick(client);
  const path = `v3/registration-semver2/${key(one)}/index.json`;
  const got = await good(client, path);
  if (!got) return;
  assertVersions(client, one, path, () => {
    const { items } = JSON.parse(got.body.toString()) as {
      items: { items?: { catalogEntry: { version: string } }[] }[];
    };
    return items.flatMap((page) => (page.items ?? []).map(({ catalogEntry }) => catalogEntry.version));
  });
}

function assertVersions(client: Client, { id }: PackageScript, path: string, told: () => readonly string[]): void {
  try {
    const versions = new Set(told());
    for (const one of client.world.packages)
      if (one.id === id && !versions.has(one.version)) client.tally.isWrong(`${path}: ${one.version} is missing`);
  } catch (error) {
    client.tally.isWrong(`${path}: ${String(error)}`);
  }
}

async function nupkg(client: Client): Promise<void> {
  const one = pick(client);
  const got = await good(client, nupkgPath(one));
  if (got && !got.body.equals(bytesOf(client, one))) client.tally.isWrong(`${nupkgPath(one)}: other bytes`);
}

async function nupkgRange(client: Client): Promise<void> {
  const one = pick(client);
  const bytes = bytesOf(client, one);
  const start = Math.floor(client.random() * bytes.length);
  const end = start + Math.floor(client.random() * (bytes.length - start));
  const got = await get(client, nupkgPath(one), { range: `bytes=${start}-${end}` });
  if (!got || mayFail.has(got.status)) return;
  // A whole answer is as right: the length may not be known yet.
  const right = got.status === 206 ? bytes.subarray(start, end + 1) : got.status === 200 ? bytes : undefined;
  if (!right?.equals(got.body)) client.tally.isWrong(`${nupkgPath(one)} from ${start} to ${end}: ${got.status}`);
}

async function nuspec(client: Client): Promise<void> {
  const one = pick(client);
  const path = `v3/flat/${key(one)}/${one.version}/${key(one)}.nuspec`;
  const got = await good(client, path);
  if (got && !got.body.includes(`<id>${one.id}</id>`)) client.tally.isWrong(`${path}: another nuspec`);
}

async function leaf(client: Client): Promise<void> {
  const one = pick(client);
  const path = `v3/registration-semver2/${key(one)}/${one.version}.json`;
  const got = await good(client, path);
  if (got && !got.body.includes(one.version)) client.tally.isWrong(`${path}: another leaf`);
}

async function serviceIndex(client: Client): Promise<void> {
  const got = await good(client, 'v3/index.json');
  if (got && !got.body.includes('PackageBaseAddress/3.0.0')) client.tally.isWrong('v3/index.json: no packages');
}

async function search(client: Client): Promise<void> {
  const one = pick(client);
  await good(client, `v3/search?q=${encodeURIComponent(one.id.slice(0, 8))}&take=5&prerelease=true&semVerLevel=2.0.0`);
}

/** What nobody has may be told as such or, while somebody cannot be asked, as a failure; never as there. */
async function unknownId(client: Client): Promise<void> {
  const name = `nobody.part${Math.floor(client.random() * 1_000)}`;
  await good(client, `v3/flat/${name}/index.json`, { status: 404 });
}

async function unknownVersion(client: Client): Promise<void> {
  const one = { ...pick(client), version: '99.0.0' };
  await good(client, nupkgPath(one), { status: 404 });
}

/** A client that goes away in the middle. */
async function leaveEarly(client: Client): Promise<void> {
  const left = new AbortController();
  try {
    const { body } = await client.agent.request({
      origin: client.origin,
      path: `/${nupkgPath(pick(client))}`,
      method: 'GET',
      signal: left.signal,
    });
    for await (const piece of body) if (piece !== undefined) break;
    left.abort();
  } catch {
    // Whatever came of it: nobody looks.
  }
  client.tally.count(0);
}

async function nonsense(client: Client): Promise<void> {
  const path = weighted(client.random, [
    [1, 'v3/flat/a..b/index.json'],
    [1, 'v3/flat/alpha/one/alpha.one.nupkg'],
    [1, 'v3/flat/%2e%2e%2f%2e%2e/index.json'],
    [1, 'nothing/here'],
  ]);
  const got = await get(client, path);
  if (got && got.status !== 400 && got.status !== 404) client.tally.isWrong(`${path}: ${got.status}`);
}
