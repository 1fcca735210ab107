import { addSourceCommand } from '../nuget/add-source-command.js';

export interface Home {
  readonly version: string;
  readonly offline: boolean;
  readonly feedUrl: string;
  /** Whether clients must store a key with the feed. */
  readonly needsKey: boolean;
  /** Absent for who may not read everything. */
  readonly totals?: HomeTotals;
  readonly sources: readonly { readonly name: string; readonly url: string }[];
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

/** What a person sees who opens the feed in a browser: what this is, how to use it, and what is kept. Needs nothing from elsewhere. */
export function homePage({ version, offline, feedUrl, needsKey, totals, sources }: Home): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Larder: a NuGet feed</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h1 + p { margin-top: .25rem; }
pre { padding: .75rem 1rem; overflow-x: auto; border: 1px solid #8886; border-radius: .4rem; user-select: all; }
dl { display: grid; grid-template-columns: max-content auto; gap: .25rem 1.5rem; }
dt { opacity: .75; } dd { margin: 0; font-variant-numeric: tabular-nums; }
small { opacity: .75; }
</style>
</head>
<body>
<h1>Larder</h1>
<p>This is a NuGet feed. It fetches packages from its sources once, checks and keeps them, and goes on serving them when a source is slow, down or out of reach.</p>
<h2>Use it</h2>
<pre><code>${escape(addSourceCommand(feedUrl, { needsKey }))}</code></pre>
<p>Or name this address as a package source: <a href="${escape(feedUrl)}">${escape(feedUrl)}</a></p>
${totals ? kept(totals) : ''}<h2>Sources</h2>
${offline ? '<p><strong>Offline:</strong> no source is asked.</p>' : ''}
<dl>
${sources.map(({ name, url }) => `<dt>${escape(name)}</dt><dd>${escape(url)}</dd>`).join('\n')}
</dl>
<p><small>Larder ${escape(version)}. Numbers as JSON: <a href="api/status">api/status</a></small></p>
</body>
</html>
`;
}

function kept({ packages, versions, bytes, counters }: HomeTotals): string {
  return `<h2>Kept here</h2>
<dl>
<dt>Packages</dt><dd>${number(packages)} in ${number(versions)} ${versions === 1 ? 'version' : 'versions'}</dd>
<dt>Size</dt><dd>${escape(size(bytes))}</dd>
<dt>Requests</dt><dd>${number(counters.requests)} since the start: ${number(counters.hits)} from here, ${number(counters.misses)} fetched, ${number(counters.stale)} from here while a source was away</dd>
</dl>
`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function number(count: number): string {
  return count.toLocaleString('en');
}

function size(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toLocaleString('en', { maximumFractionDigits: power === 0 ? 0 : 1 })} ${units[power] ?? 'bytes'}`;
}
