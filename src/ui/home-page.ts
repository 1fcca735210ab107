import { addSourceCommand } from '../nuget/add-source-command.js';
import { amount, size } from './amounts.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { page } from './layout.js';

export interface Home {
  readonly version: string;
  readonly offline: boolean;
  readonly feedUrl: string;
  /** Whether clients must store a key with the feed. */
  readonly needsKey: boolean;
  /** Absent for who may not read everything. */
  readonly totals?: HomeTotals;
  readonly sources: readonly { readonly name: string; readonly url: string }[];
  /** The feed that the page is about; absent for the default one. */
  readonly feed?: string;
}

export interface HomeTotals {
  readonly packages: number;
  readonly versions: number;
  /** Bytes of the packages kept. */
  readonly bytes: number;
  readonly counters: {
    readonly requests: number;
    readonly hits: number;
    readonly misses: number;
    readonly stale: number;
  };
}

/** What a person sees who opens the feed in a browser: what this is, how to use it, and what is kept. */
export function homePage({ version, offline, feedUrl, needsKey, totals, sources, feed }: Home): string {
  return page(
    { title: 'Larder: a NuGet feed', root: './', ...(feed !== undefined && { feed }) },
    html`<h1>Larder</h1>
      <p>
        This is a NuGet feed. It fetches packages from its sources once, checks and keeps them, and goes on serving them
        when a source is slow, down or out of reach.
      </p>
      <h2>Use it</h2>
      <pre class="paste"><code>${addSourceCommand(feedUrl, { needsKey })}</code></pre>
      <p>Or name this address as a package source: <a href="${feedUrl}">${feedUrl}</a></p>
      ${totals && kept(totals)}
      <h2>Sources</h2>
      ${offline && html`<p><strong>Offline:</strong> no source is asked.</p>`}
      <dl>
        ${sources.map(
          ({ name, url }) =>
            html`<dt>${name}</dt>
              <dd>${url}</dd>`,
        )}
      </dl>
      <p>
        <small>Larder ${version}. Numbers as JSON: <a href="api/status">api/status</a></small>
      </p>`,
  );
}

function kept({ packages, versions, bytes, counters }: HomeTotals): Html {
  const { requests, hits, misses, stale } = counters;
  return html`<h2>Kept here</h2>
    <dl>
      <dt>Packages</dt>
      <dd>${amount(packages)} in ${amount(versions)} ${versions === 1 ? 'version' : 'versions'}</dd>
      <dt>Size</dt>
      <dd>${size(bytes)}</dd>
      <dt>Requests</dt>
      <dd>
        ${amount(requests)} since the start: ${amount(hits)} from here, ${amount(misses)} fetched, ${amount(stale)} from
        here while a source was away
      </dd>
    </dl>`;
}
