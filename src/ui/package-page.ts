import { addPackageCommand } from '../nuget/add-source-command.js';
import { amount, day, size } from './amounts.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { packageHref } from './hrefs.js';
import { page } from './layout.js';
import { renderReadme } from './readme.js';

export interface ShownVersion {
  readonly version: string;
  readonly listed: boolean;
  /** The source that owns it. */
  readonly source: string;
}

export interface ShownPackage {
  readonly root: string;
  readonly feed?: string;
  readonly feedUrl: string;
  readonly id: string;
  readonly version: string;
  readonly listed: boolean;
  readonly source: string;
  readonly description?: string;
  readonly authors?: string;
  readonly tags: readonly string[];
  readonly published?: string;
  readonly projectUrl?: string;
  readonly licenseExpression?: string;
  readonly licenseUrl?: string;
  readonly deprecation?: {
    readonly reasons: readonly string[];
    readonly message?: string;
    readonly alternate?: string;
  };
  readonly vulnerabilities: readonly { readonly advisoryUrl: string; readonly severity: string }[];
  readonly dependencies: readonly {
    readonly framework: string;
    readonly packages: readonly { readonly id: string; readonly range: string }[];
  }[];
  /** What is kept here of this version; absent when its package was not asked for yet. */
  readonly kept?: { readonly bytes: number; readonly sha512: string; readonly readme?: string };
  /** Descending. */
  readonly versions: readonly ShownVersion[];
  readonly warning?: string;
}

export function packagePage(shown: ShownPackage): string {
  const { root, feed, id, version, source, listed, warning, kept } = shown;
  return page(
    { title: `${id} ${version}: Larder`, root, ...(feed !== undefined && { feed }) },
    html`<h1>${id} <span class="quiet">${version}</span></h1>
      ${warning !== undefined && html`<p class="notice" role="status">${warning}</p>`}
      ${!listed && html`<p class="notice">This version is unlisted: it restores, and search does not show it.</p>`}
      ${deprecation(shown)} ${vulnerabilities(shown)}
      <pre class="paste"><code>${addPackageCommand(id, version)}</code></pre>
      <p>${shown.description}</p>
      <dl>
        <dt>Supplied by</dt>
        <dd>${source}</dd>
        ${row('Authors', shown.authors)} ${row('Published', day(shown.published))} ${row('License', license(shown))}
        ${row('Project', shown.projectUrl === undefined ? undefined : link(shown.projectUrl))}
        ${row('Tags', shown.tags.join(', '))}
        <dt>Kept here</dt>
        <dd>${kept ? size(kept.bytes) : 'not yet: it is fetched when it is asked for'}</dd>
        ${row('SHA-512', kept?.sha512)}
      </dl>
      <h2>Dependencies</h2>
      ${dependencies(shown)} ${readme(shown)}
      <h2>Versions</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Supplied by</th>
            <th scope="col">Listed</th>
          </tr>
        </thead>
        <tbody>
          ${shown.versions.slice(0, mostVersions).map((each) => versionRow(each, shown))}
        </tbody>
      </table>
      ${
        shown.versions.length > mostVersions &&
        html`<p class="quiet">and ${amount(shown.versions.length - mostVersions)} older ones</p>`
      }`,
  );
}

const mostVersions = 500;

function row(name: string, value: string | Html | undefined): Html | undefined {
  return value === undefined || value === ''
    ? undefined
    : html`<dt>${name}</dt>
        <dd>${value}</dd>`;
}

/** An author's own link: shown as such only where it leads to the web. */
function link(url: string, text = url): Html {
  return /^https?:\/\//i.test(url)
    ? html`<a rel="noopener noreferrer nofollow" href="${url}">${text}</a>`
    : html`${text}`;
}

function license({ licenseExpression, licenseUrl }: ShownPackage): string | Html | undefined {
  return licenseExpression ?? (licenseUrl === undefined ? undefined : link(licenseUrl));
}

function deprecation({ deprecation: told, root, feed }: ShownPackage): Html | undefined {
  if (!told) return undefined;
  return html`<p class="notice">
    Deprecated${told.reasons.length > 0 && `: ${told.reasons.join(', ')}`}. ${told.message}
    ${told.alternate !== undefined && html`Use <a href="${packageHref(root, told.alternate, undefined, feed)}">${told.alternate}</a> instead.`}
  </p>`;
}

const severities = ['low', 'moderate', 'high', 'critical'];

function vulnerabilities({ vulnerabilities: known }: ShownPackage): Html | undefined {
  if (known.length === 0) return undefined;
  return html`<div class="notice">
    This version is known to be vulnerable:
    <ul>
      ${known.map(
        ({ advisoryUrl, severity }) =>
          html`<li>${link(advisoryUrl)} (${severities[Number(severity)] ?? 'severity not told'})</li>`,
      )}
    </ul>
  </div>`;
}

function dependencies({ dependencies: groups, root, feed }: ShownPackage): Html {
  if (groups.every(({ packages }) => packages.length === 0)) return html`<p>None.</p>`;
  return html`${groups.map(
    ({ framework, packages }) =>
      html`<h3>${framework === '' ? 'Any framework' : framework}</h3>
        ${
          packages.length === 0
            ? html`<p>None.</p>`
            : html`<ul>
                ${packages.map(
                  ({ id, range }) =>
                    html`<li><a href="${packageHref(root, id, undefined, feed)}">${id}</a> ${range}</li>`,
                )}
              </ul>`
        }`,
  )}`;
}

function readme({ kept }: ShownPackage): Html | undefined {
  if (kept?.readme === undefined) return undefined;
  return html`<h2>Readme</h2>
    <div class="readme">${renderReadme(kept.readme)}</div>`;
}

function versionRow({ version, source, listed }: ShownVersion, { root, id, feed, version: shown }: ShownPackage): Html {
  return html`<tr>
    <td>
      ${version === shown ? html`<strong>${version}</strong>` : html`<a href="${packageHref(root, id, version, feed)}">${version}</a>`}
    </td>
    <td>${source}</td>
    <td>${listed ? 'yes' : 'no'}</td>
  </tr>`;
}
