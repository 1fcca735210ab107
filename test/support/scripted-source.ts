import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { nupkgPath, nuspecPath } from '../../src/nuget/paths.js';
import { makeNupkg, makeNuspec } from './nupkg.js';
import * as documents from './scripted-documents.js';
import type { Hive } from './scripted-documents.js';
import { faultOf, sendReply, sendWithFault } from './scripted-fault.js';
import type { Fault, FaultOf } from './scripted-fault.js';
import { ScriptedPackage } from './scripted-package.js';
import type { PackageScript } from './scripted-package.js';
import { partOf, Resource, textReply } from './scripted-reply.js';
import type { Reply } from './scripted-reply.js';
import { completionDocument, searchDocument } from './scripted-search.js';
import { traits } from './scripted-traits.js';
import type { SourceTraits } from './scripted-traits.js';

export type { Fault, FaultOf, PackageScript, SourceTraits };

export interface ScriptedSourceOptions {
  readonly packages?: readonly PackageScript[];
  /** Which server it resembles. Default `nuget.org`. */
  readonly like?: keyof typeof traits;
  /** Where it differs from that. */
  readonly traits?: Partial<SourceTraits>;
  /** A header that every request must carry, else 401. */
  readonly requires?: { readonly header: string; readonly value: string };
  /** The origin under which others know it, where something stands before it. */
  readonly knownAs?: string;
}

export interface LoggedRequest {
  readonly method: string;
  /** Path and query as asked. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly atMs: number;
}

/**
 * A real HTTP server on loopback that behaves as a V3 package source: for tests of everything that stands in front of one.
 *
 * ```ts
 * const source = await startScriptedSource({ packages: [{ id: 'Alpha', version: '1.0.0', fillerBytes: 50_000_000 }] });
 * source.url;                                  // service index
 * source.fault(/\.nupkg$/, 'reset mid-body');  // until clearFaults()
 * source.count('/alpha/');                     // requests so far
 * await source.close();                        // gone: connection refused
 * await source.reopen();                       // back, same address
 * ```
 *
 * Paths are case-sensitive and lower case, as on static hosts. Bodies are made once and shared by all requests.
 */
export class ScriptedSource {
  /** All requests, oldest first. Clear it by setting its length to 0. */
  readonly requests: LoggedRequest[] = [];
  readonly traits: SourceTraits;
  readonly #packages = new Map<string, ScriptedPackage[]>();
  readonly #resources = new Map<string, Resource>();
  readonly #replacements = new Map<string, Resource>();
  readonly #published = new Map<string, Resource>();
  readonly #offered = new Map<string, string>();
  #faults: { readonly pattern: string | RegExp; readonly fault: Fault; left: number }[] = [];
  #server: Server | undefined;
  #port = 0;
  #otherPackage: Buffer | undefined;
  #place = '';

  constructor(private readonly options: ScriptedSourceOptions) {
    this.traits = { ...traits[options.like ?? 'nuget.org'], ...options.traits };
    for (const script of options.packages ?? []) this.add(script);
  }

  /** Its address without path: `http://127.0.0.1:port`. */
  get origin(): string {
    return this.options.knownAs ?? `http://127.0.0.1:${this.#port}`;
  }

  /** Where it listens, whatever it is known as. */
  get port(): number {
    return this.#port;
  }

  /** The service index. */
  get url(): string {
    return `${this.origin}/${documents.paths.index}`;
  }

  /** Adds a package, or replaces the one of the same identity. */
  add(script: PackageScript): ScriptedPackage {
    const added = new ScriptedPackage(script);
    const others = this.#of(added.identity.id.key).filter((one) => !one.identity.equals(added.identity));
    this.#packages.set(
      added.identity.id.key,
      [...others, added].sort((a, b) => ScriptedPackage.compare(a, b)),
    );
    this.#resources.clear();
    return added;
  }

  /** Removes one version, or the id with all of them. */
  remove(id: string, version?: string): void {
    const key = id.toLowerCase();
    const rest = version === undefined ? [] : this.#of(key).filter((one) => one.script.version !== version);
    if (rest.length > 0) this.#packages.set(key, rest);
    else this.#packages.delete(key);
    this.#resources.clear();
  }

  /** @throws when it has no such package */
  package(id: string, version: string): ScriptedPackage {
    const one = this.#of(id.toLowerCase()).find((candidate) => candidate.script.version === version);
    if (one === undefined) throw new Error(`the scripted source has no ${id} ${version}`);
    return one;
  }

  /** Serves this document at a path (without leading slash) in place of its own. */
  replace(path: string, document: unknown, contentType = 'application/json'): void {
    const body = Buffer.isBuffer(document) ? document : Buffer.from(JSON.stringify(document));
    this.#replacements.set(`/${path}`, new Resource(contentType, body, { gzip: 'never', hasValidators: false }));
  }

  /** Puts a document at a path (without leading slash), as this source sends its own: gzip and validators by its traits. */
  publish(path: string, document: object): void {
    this.#published.set(
      `/${path}`,
      Buffer.isBuffer(document) ? this.#plain('application/octet-stream', document) : this.#document(document),
    );
  }

  /** Takes a published document away. */
  withdraw(path: string): void {
    this.#published.delete(`/${path}`);
  }

  /** The service index names a path (without leading slash) under this type; without a path no longer. */
  offer(type: string, path?: string): void {
    if (path === undefined) this.#offered.delete(type);
    else this.#offered.set(type, path);
    this.#resources.clear();
  }

  /** Everything but the service index lies below this path from now on (`moved/`), and nothing where it was. */
  moveTo(place: string): void {
    this.#place = place;
    this.#resources.clear();
  }

  /** From now on, requests whose path matches meet this; the newest matching fault counts. A string matches anywhere in the path. */
  fault(pattern: string | RegExp, fault: Fault, { times = Number.POSITIVE_INFINITY }: { times?: number } = {}): void {
    this.#faults.unshift({ pattern, fault, left: times });
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** Requests so far whose path matches. */
  count(pattern: string | RegExp = ''): number {
    return this.requests.filter(({ path }) => matches(path, pattern)).length;
  }

  /** Gone: open connections end, new ones are refused. */
  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  /** There (again), at the address it had. */
  async reopen(): Promise<void> {
    await this.close();
    const server = createServer((request, response) => this.#answer(request, response));
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port: this.#port, host: '127.0.0.1', backlog: 1024 }, resolve);
    });
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method = 'GET', url = '/', headers } = request;
    request.resume();
    this.requests.push({ method, path: url, headers, atMs: Date.now() });
    const scripted = this.#faultFor(url);
    const whole = this.#replyTo(url, typeof scripted === 'function' ? withoutConditions(headers) : headers);
    const reply = this.traits.ranges ? partOf(whole, headers) : whole;
    const fault = scripted && faultOf(scripted, reply, url);
    if (fault === undefined) sendReply(response, reply);
    else sendWithFault(response, reply, fault, () => (this.#otherPackage ??= makeNupkg(otherPackage)));
  }

  #faultFor(path: string): Fault | undefined {
    const scripted = this.#faults.find(({ pattern, left }) => left > 0 && matches(path, pattern));
    if (scripted !== undefined) scripted.left--;
    return scripted?.fault;
  }

  #replyTo(url: string, headers: IncomingHttpHeaders): Reply {
    const { requires } = this.options;
    if (requires !== undefined && headers[requires.header.toLowerCase()] !== requires.value)
      return { ...textReply(401, ''), headers: { 'www-authenticate': 'Basic realm="scripted"' } };
    const path = this.#placed(url.split('?')[0] ?? url);
    if (path === undefined) return textReply(404, '');
    const kept = this.#replacements.get(path) ?? this.#published.get(path) ?? this.#resources.get(path);
    if (kept !== undefined) return kept.reply(headers);
    const queried = this.#query(path, new URLSearchParams(url.split('?')[1]));
    if (queried !== undefined) return queried.reply(headers);
    if (!this.#isKnownPlace(path)) return textReply(...this.traits.unknownResource);
    const made = this.#make(path);
    if (made === undefined) return textReply(404, '');
    this.#resources.set(path, made);
    return made.reply(headers);
  }

  /** The path as if nothing had moved; `undefined` where nothing is any more. */
  #placed(path: string): string | undefined {
    if (path === `/${documents.paths.index}` || this.#place === '') return path;
    return path.startsWith(`/${this.#place}`) ? path.slice(this.#place.length) : undefined;
  }

  get #root(): string {
    return `${this.origin}/${this.#place}`;
  }

  #isKnownPlace(path: string): boolean {
    return /^\/(v3\/(index\.json$|registration5-|catalog0\/)|v3-flatcontainer\/)/.test(path);
  }

  #query(path: string, parameters: URLSearchParams): Resource | undefined {
    const { searchTypes, autocompleteTypes } = this.traits;
    const all = [...this.#packages.values()];
    if (path === `/${documents.paths.search}` && searchTypes.length > 0)
      return this.#document(searchDocument(this.#root, all, parameters));
    if (path === `/${documents.paths.autocomplete}` && autocompleteTypes.length > 0)
      return this.#document(completionDocument(all, parameters));
    return undefined;
  }

  #make(path: string): Resource | undefined {
    const [first, second, ...rest] = path.slice(1).split('/');
    if (path === `/${documents.paths.index}`)
      return this.#document(documents.serviceIndex(this.#root, this.traits, this.#offered));
    if (`${first}/` === documents.paths.flat) return this.#flat(second ?? '', rest);
    if (second === 'catalog0') return this.#catalogDetails(path);
    return this.#registration(second as Hive, rest[0] ?? '', path);
  }

  #flat(key: string, rest: readonly string[]): Resource | undefined {
    const packages = this.#of(key);
    if (!this.traits.flatContainer || packages.length === 0) return undefined;
    if (rest.join('/') === 'index.json') return this.#document(documents.versionList(packages));
    const path = [key, ...rest].join('/');
    for (const one of packages) {
      if (path === nupkgPath(one.identity)) return this.#plain('application/octet-stream', one.bytes);
      if (path === nuspecPath(one.identity) && this.traits.details)
        return this.#plain('text/xml', Buffer.from(makeNuspec(one.script)));
    }
    return undefined;
  }

  #registration(hive: Hive, key: string, path: string): Resource | undefined {
    const isOffered = this.traits.registrationTypes.some((type) => documents.hiveOf(type) === hive);
    const packages = this.#of(key).filter((one) => hive.endsWith('semver2') || !one.isSemVer2);
    if (!isOffered || packages.length === 0) return undefined;
    const gzip = hive.includes('-gz-') ? 'always' : 'accepted';
    const root = this.#root;
    const leaf = packages.find((one) => path === `/v3/${hive}/${one.identity.key}.json`);
    if (leaf !== undefined)
      return this.traits.details ? this.#document(documents.leafDocument(root, hive, leaf), gzip) : undefined;
    const { index, pages } = documents.registration(root, hive, packages, this.traits);
    // Whoever asks for the index asks for its pages next.
    for (const [at, page] of pages) this.#resources.set(`/${at}`, this.#document(page, gzip));
    if (path === `/v3/${hive}/${key}/index.json`) return this.#document(index, gzip);
    return this.#resources.get(path);
  }

  #catalogDetails(path: string): Resource | undefined {
    if (!this.traits.catalog) return undefined;
    for (const packages of this.#packages.values())
      for (const one of packages)
        if (path === `/${documents.catalogDetailsPath(one)}`)
          return this.#document(documents.catalogDetails(this.#root, one));
    return undefined;
  }

  #document(document: object, gzip: 'always' | 'accepted' = 'accepted'): Resource {
    return new Resource('application/json', Buffer.from(JSON.stringify(document)), {
      gzip: this.traits.gzip === 'never' ? 'never' : gzip,
      hasValidators: this.traits.validators,
    });
  }

  #plain(contentType: string, body: Buffer): Resource {
    return new Resource(contentType, body, { gzip: 'never', hasValidators: this.traits.validators });
  }

  #of(key: string): readonly ScriptedPackage[] {
    return this.#packages.get(key) ?? [];
  }
}

/** Starts a scripted source on a free port. Close it at the end of the test. */
export async function startScriptedSource(options: ScriptedSourceOptions = {}): Promise<ScriptedSource> {
  const source = new ScriptedSource(options);
  await source.reopen();
  return source;
}

const otherPackage = { id: 'Scripted.Other.Package', version: '6.6.6' };

function withoutConditions({ 'if-none-match': _, 'if-modified-since': __, ...headers }: IncomingHttpHeaders) {
  return headers;
}

function matches(path: string, pattern: string | RegExp): boolean {
  return typeof pattern === 'string' ? path.includes(pattern) : pattern.test(path);
}
