import Router from '@koa/router';

import type { Feed } from '../feed/feed.js';
import { packageFile } from '../feed/package-file.js';
import type { Packages } from '../feed/packages.js';
import { PackageId } from '../nuget/package-id.js';
import { PackageIdentity } from '../nuget/package-identity.js';
import { PackageVersion } from '../nuget/package-version.js';
import {
  detailsPath,
  leafPath,
  nupkgPath,
  registrationIndexPath,
  registrationPagePath,
  versionListPath,
} from '../nuget/paths.js';
import type { Hive } from '../nuget/registration-table.js';
import { renderServiceIndex } from '../nuget/service-index.js';
import type { AppContext, AppState } from './app.js';
import { foundOr, sendFeedDocument } from './feed-documents.js';
import { ofFeed } from './feed-of-request.js';
import type { DocumentSending } from './feed-documents.js';
import { acceptedEncoding, encodeBody, sendDocument } from './finished-document.js';
import type { OptionalResources } from './optional-resources.js';
import { ProblemError } from './problem.js';
import type { HotPackages } from './hot-packages.js';
import { sendPackage } from './send-package.js';
import { documentBases, serviceIndexBases } from './urls.js';
import type { Mount } from './urls.js';

export interface V3Options extends DocumentSending {
  readonly feeds: ReadonlyMap<string, Feed>;
  readonly packages: Packages;
  readonly hotPackages: HotPackages;
  readonly optionalResources: OptionalResources;
}

/** The V3 resources of all feeds: `/v3/…` for the default one and `/feeds/{feed}/v3/…` for each. */
export function v3Routes(options: V3Options): Router<AppState> {
  const router = new Router<AppState>();
  for (const prefix of ['', '/feeds/:feed']) mount(router, prefix, options);
  return router;
}

function mount(router: Router<AppState>, prefix: string, options: V3Options): void {
  const hives: readonly (readonly [segment: string, hive: Hive])[] = [
    ['registration', 'semver1'],
    ['registration-semver2', 'semver2'],
  ];

  router.get(`${prefix}/v3/index.json`, async (ctx) => {
    const { feed, at } = enter(ctx, options);
    const base = options.publicBase(ctx.req);
    const optional = await options.optionalResources(feed.name, base, at);
    const body = renderServiceIndex(serviceIndexBases(base, at), optional);
    const accepted = acceptedEncoding(ctx.req);
    const finished = {
      ...(await encodeBody(body, accepted)),
      contentType: 'application/json',
      cacheControl: 'public, max-age=60',
      sources: '',
    };
    ctx.respond = false;
    sendDocument(ctx.req, ctx.res, finished, { state: undefined, nowMs: options.clock.now(), trace: ctx.state.trace });
  });

  router.get(`${prefix}/v3/flat/:id/index.json`, async (ctx) => {
    const { feed, at } = enter(ctx, options);
    const id = idOf(ctx);
    const document = foundOr(await feed.versionList(id), `no source has a package ${id.text}`);
    await sendFeedDocument(ctx, document, `${at}v3/flat/${versionListPath(id)}`, options);
  });

  router.get(`${prefix}/v3/flat/:id/:version/:file`, async (ctx) => {
    const { feed, at } = enter(ctx, options);
    const identity = identityOf(ctx);
    switch (fileKind(param(ctx, 'file'), identity)) {
      case 'nupkg': {
        ctx.respond = false;
        return sendNupkg(ctx, feed, identity, at, options);
      }
      case 'nuspec':
        return sendFile(ctx, feed, identity, 'nuspec', options);
      case 'readme':
        return sendFile(ctx, feed, identity, 'readme', options);
      case 'icon':
        return sendFile(ctx, feed, identity, 'icon', options);
      case 'license':
        return sendFile(ctx, feed, identity, 'license', options);
      case undefined:
        throw new ProblemError({
          code: 'not-found',
          detail: `the file name does not belong to ${identity.toString()}`,
        });
    }
  });

  for (const [segment, hive] of hives) {
    router.get(`${prefix}/v3/${segment}/:id/index.json`, async (ctx) => {
      const { feed, at } = enter(ctx, options);
      const id = idOf(ctx);
      const bases = documentBases(options.publicBase(ctx.req), at, hive);
      const document = foundOr(await feed.registrationIndex(id, hive, bases), `no source has a package ${id.text}`);
      await sendFeedDocument(ctx, document, `${at}v3/${segment}/${registrationIndexPath(id)}`, options);
    });

    router.get(`${prefix}/v3/${segment}/:id/page/:lower/:upper`, async (ctx) => {
      const { feed, at } = enter(ctx, options);
      const id = idOf(ctx);
      const lower = PackageVersion.parse(param(ctx, 'lower'));
      const upper = PackageVersion.parse(withoutJson(param(ctx, 'upper')));
      const bases = documentBases(options.publicBase(ctx.req), at, hive);
      const document = foundOr(
        await feed.registrationPage(id, hive, lower, upper, bases),
        `no version of ${id.text} lies between ${lower.normalized} and ${upper.normalized}`,
      );
      await sendFeedDocument(
        ctx,
        document,
        `${at}v3/${segment}/${registrationPagePath(id, lower.key, upper.key)}`,
        options,
      );
    });

    router.get(`${prefix}/v3/${segment}/:id/:leaf`, async (ctx) => {
      const { feed, at } = enter(ctx, options);
      const identity = leafIdentityOf(ctx);
      const bases = documentBases(options.publicBase(ctx.req), at, hive);
      const document = foundOr(
        await feed.registrationLeaf(identity, hive, bases),
        `no source has ${identity.toString()}`,
      );
      await sendFeedDocument(ctx, document, `${at}v3/${segment}/${leafPath(identity)}`, options);
    });
  }

  router.get(`${prefix}/v3/details/:id/:leaf`, async (ctx) => {
    const { feed, at } = enter(ctx, options);
    const identity = leafIdentityOf(ctx);
    const bases = documentBases(options.publicBase(ctx.req), at, 'semver2');
    const document = foundOr(await feed.packageDetails(identity, bases), `no source has ${identity.toString()}`);
    await sendFeedDocument(ctx, document, `${at}v3/details/${detailsPath(identity)}`, options);
  });
}

function enter(ctx: AppContext, { feeds }: V3Options): { feed: Feed; at: Mount } {
  const { of, at } = ofFeed(ctx, feeds);
  return { feed: of, at };
}

/** Damaged, fetched anew, and not to be read then: that is as bad as it gets. */
const maxAttempts = 3;

type FileKind = 'nupkg' | 'nuspec' | 'readme' | 'icon' | 'license';

/** A file name that belongs to another package is not there, whatever the folders before it say. */
function fileKind(name: string, { id, version }: PackageIdentity): FileKind | undefined {
  const file = name.toLowerCase();
  if (file === 'readme' || file === 'icon' || file === 'license') return file;
  if (file === `${id.key}.nuspec`) return 'nuspec';
  if (!file.startsWith(`${id.key}.`) || !file.endsWith('.nupkg')) return undefined;
  return PackageVersion.tryParse(file.slice(id.key.length + 1, -'.nupkg'.length))?.equals(version)
    ? 'nupkg'
    : undefined;
}

async function sendNupkg(
  ctx: AppContext,
  feed: Feed,
  identity: PackageIdentity,
  at: Mount,
  { packages, isPrivate, hotPackages }: V3Options,
): Promise<void> {
  const sending = {
    ...{ req: ctx.req, res: ctx.res, trace: ctx.state.trace, packages, isPrivate, hotPackages },
    ...{ feed: feed.name, ownPath: `/${at}v3/flat/${nupkgPath(identity)}` },
  };
  const absence = `no source has ${identity.toString()}`;
  let offered = foundOr(await packages.open(feed, identity), absence);
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const sent = await sendPackage(offered, sending);
    if (sent === 'sent') return;
    offered = foundOr(
      sent === 'damaged' ? await packages.open(feed, identity) : await packages.passOn(feed, sent.row, sent.unreadable),
      absence,
    );
  }
  throw new ProblemError({
    code: 'store-failed',
    detail: `the kept bytes of ${identity.toString()} cannot be read or are damaged, and so are those fetched in their place`,
  });
}

async function sendFile(
  ctx: AppContext,
  feed: Feed,
  identity: PackageIdentity,
  kind: Exclude<FileKind, 'nupkg'>,
  options: V3Options,
): Promise<void> {
  const { whole, file } = foundOr(
    await options.packages.read(feed, identity, async (whole) => ({
      whole,
      file: await packageFile(whole.content, kind),
    })),
    `no source has ${identity.toString()}`,
  );
  if (!file) throw new ProblemError({ code: 'not-found', detail: `${identity.toString()} has no ${kind}` });
  const { source } = whole.row;
  const finished = {
    ...(await encodeBody(file.bytes, acceptedEncoding(ctx.req))),
    contentType: file.contentType,
    cacheControl: `${options.isPrivate(source) ? 'private' : 'public'}, max-age=31536000, immutable`,
    sources: source,
  };
  ctx.respond = false;
  // What a package brings along is shown, never run.
  ctx.res.setHeader('Content-Security-Policy', "default-src 'none'; sandbox");
  const state = options.packages.offline ? 'OFFLINE' : whole.fetched ? 'MISS' : 'HIT';
  sendDocument(ctx.req, ctx.res, finished, { state, nowMs: options.clock.now(), trace: ctx.state.trace });
}

function idOf(ctx: AppContext): PackageId {
  const id = PackageId.parse(param(ctx, 'id'));
  ctx.state.trace.id = id.text;
  return id;
}

function identityOf(ctx: AppContext, version = param(ctx, 'version')): PackageIdentity {
  const identity = new PackageIdentity(idOf(ctx), PackageVersion.parse(version));
  ctx.state.trace.version = identity.version.normalized;
  return identity;
}

function leafIdentityOf(ctx: AppContext): PackageIdentity {
  return identityOf(ctx, withoutJson(param(ctx, 'leaf')));
}

function withoutJson(name: string): string {
  if (!name.toLowerCase().endsWith('.json'))
    throw new ProblemError({ code: 'not-found', detail: 'registration documents end in .json' });
  return name.slice(0, -'.json'.length);
}

function params(ctx: AppContext): Readonly<Record<string, string | undefined>> {
  return (ctx as AppContext & { params: Record<string, string> }).params;
}

function param(ctx: AppContext, name: string): string {
  return params(ctx)[name] ?? '';
}
