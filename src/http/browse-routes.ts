import type { IncomingMessage } from 'node:http';

import Router from '@koa/router';

import { BadPackageError } from '../codec/bad-package.js';
import type { Feed } from '../feed/feed.js';
import { packageFile } from '../feed/package-file.js';
import type { Packages } from '../feed/packages.js';
import { DamagedBlobError } from '../feed/store.js';
import { InvalidNameError } from '../nuget/invalid-name.js';
import { PackageId } from '../nuget/package-id.js';
import { PackageIdentity } from '../nuget/package-identity.js';
import { PackageVersion } from '../nuget/package-version.js';
import { packagePage } from '../ui/package-page.js';
import type { ShownPackage } from '../ui/package-page.js';
import { problemPage } from '../ui/problem-page.js';
import type { AppContext, AppState } from './app.js';
import { foundOr, warningOf } from './feed-documents.js';
import { sendPage } from './html-page.js';
import { ProblemError, statusOf, titleOf } from './problem.js';
import type { Problem } from './problem.js';
import { showPackage, versionToShow } from './shown-package.js';
import { documentBases, feedMount, serviceIndexUrl } from './urls.js';

export interface BrowseOptions {
  readonly feeds: ReadonlyMap<string, Feed>;
  readonly packages: Packages;
  readonly publicBase: (req: IncomingMessage) => string;
}

/** Pages on packages for people: `/packages/{id}` and `/packages/{id}/{version}`, of the default feed or of `?feed=`. */
export function browseRoutes(options: BrowseOptions): Router<AppState> {
  const router = new Router<AppState>();
  router.get(['/packages/:id', '/packages/:id/:version'], async (ctx) => {
    const { id, version } = ctx.params as { id: string; version?: string };
    const root = version === undefined ? '../' : '../../';
    await withProblemPage(ctx, root, async () => {
      const { feed, name } = feedOf(ctx, options);
      const listing = foundOr(await feed.listing(PackageId.parse(id)), `no source has a package ${id}`);
      const shownVersion = version ?? versionToShow(listing.versions);
      if (shownVersion === undefined) throw new ProblemError({ code: 'not-found', detail: `${id} has no versions` });
      const identity = new PackageIdentity(PackageId.parse(id), PackageVersion.parse(shownVersion));
      const base = options.publicBase(ctx.req);
      const mount = name === undefined ? '' : feedMount(name);
      const details = foundOr(
        await feed.packageDetails(identity, documentBases(base, mount, 'semver2')),
        `no source has ${identity.toString()}`,
      );
      const kept = await keptOf(options.packages, feed, identity);
      const warning = warningOf(details);
      const shown = showPackage(identity, JSON.parse(details.body.toString()) as unknown, listing, {
        root,
        feedUrl: serviceIndexUrl(base, mount),
        ...(name !== undefined && { feed: name }),
        ...(kept && { kept }),
        ...(warning !== undefined && { warning }),
      });
      sendPage(ctx, packagePage(shown));
    });
  });
  return router;
}

/** The feed that `?feed=` names; `name` is absent for the default one. */
export function feedOf(
  ctx: AppContext,
  { feeds }: Pick<BrowseOptions, 'feeds'>,
): { readonly feed: Feed; readonly name?: string } {
  const asked = new URLSearchParams(ctx.querystring).get('feed') ?? 'default';
  const feed = feeds.get(asked);
  if (!feed) throw new ProblemError({ code: 'not-found', detail: 'there is no feed of that name' });
  ctx.state.trace.feed = feed.name;
  return { feed, ...(asked !== 'default' && { name: asked }) };
}

/** A person gets a page for what goes wrong too. */
export async function withProblemPage(ctx: AppContext, root: string, show: () => Promise<void>): Promise<void> {
  try {
    await show();
  } catch (error) {
    const problem = problemToShow(error);
    if (!problem) throw error;
    ctx.state.trace.code = problem.code;
    sendPage(ctx, problemPage({ root, title: titleOf(problem.code), detail: problem.detail }), statusOf(problem.code));
  }
}

function problemToShow(error: unknown): Pick<Problem, 'code' | 'detail'> | undefined {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof InvalidNameError) return { code: error.code, detail: error.message };
  return undefined;
}

/** Only what is kept: looking at a page fetches no package. */
async function keptOf(
  packages: Packages,
  feed: Feed,
  identity: PackageIdentity,
): Promise<ShownPackage['kept'] | undefined> {
  const kept = await packages.kept(feed, identity);
  if (!kept) return undefined;
  const { size: bytes, sha512 } = kept.row;
  try {
    const readme = await packageFile(kept.content, 'readme');
    return { bytes, sha512, ...(readme && { readme: readme.bytes.toString('utf8') }) };
  } catch (error) {
    if (!(error instanceof BadPackageError) && !(error instanceof DamagedBlobError)) throw error;
    return { bytes, sha512 };
  }
}
