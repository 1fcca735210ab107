import { amount } from './amounts.js';
import { html } from './html.js';
import type { Html } from './html.js';
import { page } from './layout.js';
import { packageHref, searchHref } from './hrefs.js';

export interface Hit {
  readonly id: string;
  readonly version: string;
  readonly description?: string;
  readonly authors?: string;
}

export interface SearchResults {
  readonly root: string;
  readonly feed?: string;
  readonly q: string;
  readonly prerelease: boolean;
  readonly skip: number;
  readonly take: number;
  readonly total: number;
  readonly hits: readonly Hit[];
  /** What could not be asked. */
  readonly warning?: string;
}

const longestDescription = 280;

export function searchPage(results: SearchResults): string {
  const { root, feed, q, skip, take, total, hits, warning } = results;
  const range = hits.length === 0 ? '' : `, ${amount(skip + 1)} to ${amount(skip + hits.length)}`;
  return page(
    { title: q === '' ? 'Packages: Larder' : `${q}: packages in Larder`, root, q, ...(feed !== undefined && { feed }) },
    html`<h1>Packages</h1>
      ${warning !== undefined && html`<p class="notice" role="status">${warning}</p>`}
      <p class="quiet">${amount(total)} ${total === 1 ? 'package' : 'packages'}${range}</p>
      ${
        hits.length === 0
          ? html`<p>Nothing found. A package that no search knows can still be restored by its exact id.</p>`
          : html`<ol class="hits">
              ${hits.map((hit) => hitItem(hit, results))}
            </ol>`
      }
      <nav aria-label="Pages">
        ${skip > 0 && html`<a rel="prev" href="${searchHref(results, Math.max(0, skip - take))}">Previous</a> `}
        ${skip + take < total && html`<a rel="next" href="${searchHref(results, skip + take)}">Next</a>`}
      </nav>`,
  );
}

function hitItem({ id, version, description = '', authors }: Hit, { root, feed }: SearchResults): Html {
  const short =
    description.length > longestDescription ? `${description.slice(0, longestDescription).trimEnd()}…` : description;
  return html`<li>
    <a href="${packageHref(root, id, undefined, feed)}"><strong>${id}</strong></a> ${version}
    ${authors !== undefined && authors !== '' && html`<span class="quiet">by ${authors}</span>`} <br />${short}
  </li>`;
}
