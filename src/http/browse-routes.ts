import type { IncomingMessage } from 'node:http';

import Router from '@koa/router';

import { BadPackageError } from '../codec/bad-package.js';
import type { FeedSearch } from '../feed/feed-search.js';
import type { Feed } from '../feed/feed.js';
import { packageFile } from '../feed/package-file.js';
import type { Packages } from '../feed/packages.js';
import { DamagedBlobError, UnreadableError } from '../feed/store.js';
import { InvalidNameError } from '../nuget/invalid-name.js';
import { PackageId } from '../nuget/package-id.js';
import { PackageIdentity } from '../nuget/package-identity.js';
import { PackageVersion } from '../nuget/package-version.js';
import { InvalidQueryError, parseSearchQuery } from '../nuget/search-query.js';
import type { Parameters } from '../nuget/search-query.js';
import { packagePage } from '../ui/package-page.js';
import type { ShownPackage } from '../ui/package-page.js';
import { problemPage } from '../ui/problem-page.js';
import { searchPage } from '../ui/search-page.js';
import type { AppContext, AppState } from './app.js';
import { foundOr, warningOf } from './feed-documents.js';
import { ofNamedFeed } from './feed-of-request.js';
import { sendPage } from './html-page.js';
import { ProblemError, statusOf, titleOf } from './problem.js';
import type { Problem } from './problem.js';
import { shownHits } from './shown-hits.js';
import { showPackage, versionToShow } from './shown-package.js';
import { documentBases, serviceIndexUrl } from './urls.js';

export interface BrowseOptions {
  readonly feeds: ReadonlyMap<string, Feed>;
  readonly searches: ReadonlyMap<string, FeedSearch>;
  readonly packages: Packages;
  readonly publicBase: (req: IncomingMessage) => string;
}

/** Pages on packages for people: `/packages?q=`, `/packages/{id}` and `/packages/{id}/{version}`, of the default feed or of `?feed=`. */
export function browseRoutes(options: BrowseOptions): Router<AppState> {
  const router = new Router<AppState>();
  router.get('/packages', async (ctx) => {
    await withProblemPage(ctx, './', async () => {
      const { of: search, at, feed } = ofNamedFeed(ctx, options.searches);
      const { query, window } = parseSearchQuery(searchParameters(ctx.querystring));
      const bases = documentBases(options.publicBase(ctx.req), at, 'semver2');
      const document = foundOr(await search.search(query, window, bases), 'nothing can be searched');
      const warning = warningOf(document);
      const results = {
        ...{ root: './', q: query.text, prerelease: query.prerelease, skip: window.skip, take: window.take },
        ...shownHits(JSON.parse(document.body.toString())),
        ...(feed !== undefined && { feed }),
        ...(warning !== undefined && { warning }),
      };
      sendPage(ctx, searchPage(results));
    });
  });

  router.get(['/packages/:id', '/packages/:id/:version'], async (ctx) => {
    const { id, version } = ctx.params as { id: string; version?: string };
    const root = version === undefined ? '../' : '../../';
    await withProblemPage(ctx, root, async () => {
      const { of: feed, at, feed: name } = ofNamedFeed(ctx, options.feeds);
      const listing = foundOr(await feed.listing(PackageId.parse(id)), `no source has a package ${id}`);
      const shownVersion = version ?? versionToShow(listing.versions);
      if (shownVersion === undefined) throw new ProblemError({ code: 'not-found', detail: `${id} has no versions` });
      const identity = new PackageIdentity(PackageId.parse(id), PackageVersion.parse(shownVersion));
      const base = options.publicBase(ctx.req);
      const details = foundOr(
        await feed.packageDetails(identity, documentBases(base, at, 'semver2')),
        `no source has ${identity.toString()}`,
      );
      const kept = await keptOf(options.packages, feed, identity);
      const warning = warningOf(details);
      const shown = showPackage(identity, JSON.parse(details.body.toString()) as unknown, listing, {
        root,
        feedUrl: serviceIndexUrl(base, at),
        ...(name !== undefined && { feed: name }),
        ...(kept && { kept }),
        ...(warning !== undefined && { warning }),
      });
      sendPage(ctx, packagePage(shown));
    });
  });
  return router;
}

/** People look for everything: pre-releases and SemVer 2.0.0 too, unless they say otherwise. */
function searchParameters(querystring: string): Parameters {
  const asked = new URLSearchParams(querystring);
  const known: Readonly<Record<string, string>> = { prerelease: 'true', semverlevel: '2.0.0' };
  return (name) => asked.get(name) ?? known[name];
}

/** A person gets a page for what goes wrong too. */
async function withProblemPage(ctx: AppContext, root: string, show: () => Promise<void>): Promise<void> {
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
  if (error instanceof UnreadableError) return { code: 'store-failed', detail: error.message };
  if (error instanceof InvalidQueryError) return { code: 'bad-query', detail: error.message };
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
    if (error instanceof DamagedBlobError) {
      await packages.forgetDamaged(kept.row, error);
      return undefined;
    }
    // The page says the rest: what is kept, and what the registration told.
    if (!(error instanceof BadPackageError || error instanceof UnreadableError)) throw error;
    return { bytes, sha512 };
  }
}
