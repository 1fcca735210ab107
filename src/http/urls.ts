import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';

import ipaddr from 'ipaddr.js';

import { parseAddress } from '../nuget/parse-address.js';
import type { Bases } from '../nuget/address-slot.js';
import type { Hive } from '../nuget/registration-table.js';
import type { ServiceIndexBases, ServiceIndexQueries } from '../nuget/service-index.js';
import { ProblemError } from './problem.js';

/* The one place where addresses of ours are made. What an identity adds to a base is in nuget/paths.ts. */

export interface PublicAddress {
  /** Configured; absolute, ends in `/`. Without it the request decides. */
  readonly publicUrl?: string;
  /** CIDR ranges or addresses whose X-Forwarded-* are believed. */
  readonly trustedProxies: readonly string[];
}

/** Where a feed is mounted: `''` for the default feed at the root, else `feeds/{name}/`. */
export type Mount = string;

export const feedMount = (name: string): Mount => `feeds/${encodeURIComponent(name)}/`;

export const serviceIndexUrl = (base: string, mount: Mount): string => `${base}${mount}v3/index.json`;

export function serviceIndexBases(base: string, mount: Mount): ServiceIndexBases & ServiceIndexQueries {
  const v3 = `${base}${mount}v3/`;
  return {
    flat: `${v3}flat/`,
    registrationSemVer1: `${v3}registration/`,
    registrationSemVer2: `${v3}registration-semver2/`,
    readmeTemplate: `${v3}flat/{lower_id}/{lower_version}/readme`,
    // The page is one for all feeds; only a feed with a name has to be told.
    detailsTemplate: `${base}packages/{id}/{version}?${mount === '' ? '' : `feed=${mount.split('/')[1] ?? ''}&`}_src=template`,
    search: `${v3}search`,
    autocomplete: `${v3}autocomplete`,
  };
}

/** Below the base. The page's version stands in its address, so a shared cache never mixes two. */
export const vulnerabilityIndexPath = (at: Mount) => `${at}v3/vulnerabilities/index.json`;

export const vulnerabilityPagePath = (at: Mount, name: 'base' | 'update', version: string) =>
  `${at}v3/vulnerabilities/${version}/${name}.json`;

/** The levels of `RepositorySignatures`, each read by clients of its time. */
export const signatureLevels = ['4.7.0', '4.9.0', '5.0.0'] as const;

export const signaturesPath = (at: Mount, level: (typeof signatureLevels)[number]) =>
  `${at}v3/repository-signatures/${level}/index.json`;

/** @param fingerprint SHA-256, hex */
export const certificatePath = (at: Mount, fingerprint: string) =>
  `${at}v3/repository-signatures/certificates/${fingerprint}.crt`;

/** The bases that fill the slots of a hive's documents. */
export function documentBases(base: string, mount: Mount, hive: Hive): Bases {
  const { flat, registrationSemVer1, registrationSemVer2 } = serviceIndexBases(base, mount);
  return {
    flat,
    registration: hive === 'semver1' ? registrationSemVer1 : registrationSemVer2,
    details: `${base}${mount}v3/details/`,
  };
}

/** Makes the function that tells under which base the client of a request sees us: absolute, ends in `/`. */
export function createPublicBase({ publicUrl, trustedProxies }: PublicAddress): (req: IncomingMessage) => string {
  if (publicUrl !== undefined) return () => publicUrl;
  const isTrusted = createTrust(trustedProxies);
  const base = createBase();
  return (req) => {
    const own = (req.socket as Partial<TLSSocket>).encrypted ? 'https' : 'http';
    const { host = `${bracketed(req.socket.localAddress ?? '127.0.0.1')}:${req.socket.localPort ?? 80}` } = req.headers;
    if (trustedProxies.length === 0 || !isTrusted(req.socket.remoteAddress)) return base(own, host, '');
    const proto =
      first(req.headers['x-forwarded-proto']) === 'https' ? 'https' : (first(req.headers['x-forwarded-proto']) ?? own);
    return base(
      proto === 'https' ? 'https' : 'http',
      first(req.headers['x-forwarded-host']) ?? host,
      first(req.headers['x-forwarded-prefix']) ?? '',
    );
  };
}

/**
 * Makes the function that takes the path of the public address off a request's path: reverse proxies either strip it or leave it.
 * @returns the path from our own root
 */
export function createOwnPath(publicUrl: string | undefined): (url: string) => string {
  const prefix = publicUrl === undefined ? '/' : new URL(publicUrl).pathname;
  return prefix === '/' ? (url) => url : (url) => (url.startsWith(prefix) ? url.slice(prefix.length - 1) : url);
}

const hostPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252}[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

function createBase() {
  // Nearly always the same one: reading it as an address costs more than all the rest.
  let lastGoodHost: string | undefined;
  let last = { scheme: '', host: '', base: '' };
  return (scheme: 'http' | 'https', host: string, prefix: string): string => {
    if (prefix === '' && scheme === last.scheme && host === last.host) return last.base;
    if (host !== lastGoodHost) {
      if (!isHost(host))
        throw new ProblemError({
          code: 'bad-host',
          detail: 'the Host header is not a host name with an optional port',
        });
      lastGoodHost = host;
    }
    if (prefix !== '') return join(scheme, host, prefix);
    last = { scheme, host, base: join(scheme, host, '') };
    return last.base;
  };
}

/** The pattern alone lets through what no client can take for an address again: `1.2.3.4.5`, `a:99999`. */
const isHost = (host: string) => hostPattern.test(host) && parseAddress(`http://${host}/`) !== undefined;

function join(scheme: 'http' | 'https', host: string, prefix: string): string {
  const path = /^[A-Za-z0-9._~/-]*$/.test(prefix)
    ? prefix.split('/').filter((segment) => segment !== '' && segment !== '.' && segment !== '..')
    : [];
  return `${scheme}://${host}/${path.map((segment) => `${segment}/`).join('')}`;
}

function first(header: string | string[] | undefined): string | undefined {
  return (Array.isArray(header) ? header[0] : header)?.split(',')[0]?.trim();
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function createTrust(ranges: readonly string[]): (address: string | undefined) => boolean {
  const parsed = ranges.map((range) => {
    if (range.includes('/')) return ipaddr.parseCIDR(range);
    const address = ipaddr.parse(range);
    return [address, address.kind() === 'ipv4' ? 32 : 128] as [ipaddr.IPv4 | ipaddr.IPv6, number];
  });
  return (address) => {
    if (address === undefined || !ipaddr.isValid(address)) return false;
    const client = ipaddr.process(address);
    return parsed.some(([network, bits]) => client.kind() === network.kind() && client.match(network, bits));
  };
}
