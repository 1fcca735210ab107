import { html } from './html.js';
import type { Html } from './html.js';

/** What every page shows. Addresses are relative to `root`, so that they hold behind any proxy. */
export interface Frame {
  readonly title: string;
  /** From the page to the root: `./`, `../`, … */
  readonly root: string;
  /** The feed whose packages are shown; absent on the default one. */
  readonly feed?: string;
  /** What stands in the search box. */
  readonly q?: string;
}

const style = html`<style>
  :root {
    color-scheme: light dark;
    font:
      16px/1.5 system-ui,
      sans-serif;
  }
  body {
    max-width: 52rem;
    margin: 0 auto 4rem;
    padding: 0 1rem;
    overflow-wrap: break-word;
  }
  header {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem 1.5rem;
    align-items: center;
    padding: 1rem 0;
    border-bottom: 1px solid #8886;
  }
  header a {
    font-weight: 600;
    text-decoration: none;
    color: inherit;
  }
  form {
    display: flex;
    gap: 0.5rem;
    flex: 1 1 18rem;
  }
  input[type='search'] {
    flex: 1;
  }
  input,
  button {
    font: inherit;
    padding: 0.3rem 0.6rem;
  }
  .skip {
    position: absolute;
    left: -99rem;
  }
  .skip:focus {
    left: 1rem;
  }
  pre {
    padding: 0.75rem 1rem;
    overflow-x: auto;
    border: 1px solid #8886;
    border-radius: 0.4rem;
  }
  .paste {
    user-select: all;
  }
  dl {
    display: grid;
    grid-template-columns: max-content minmax(0, 1fr);
    gap: 0.25rem 1.5rem;
  }
  dt,
  small,
  .quiet {
    opacity: 0.75;
  }
  dd {
    margin: 0;
    font-variant-numeric: tabular-nums;
  }
  table {
    border-collapse: collapse;
    width: 100%;
  }
  th,
  td {
    text-align: left;
    padding: 0.25rem 1rem 0.25rem 0;
    border-bottom: 1px solid #8884;
  }
  .notice {
    padding: 0.5rem 1rem;
    border-left: 0.3rem solid #d80;
  }
  .hits {
    list-style: none;
    padding: 0;
  }
  .hits li {
    padding: 0.75rem 0;
    border-bottom: 1px solid #8884;
  }
  .readme img {
    max-width: 100%;
  }
</style>`;

/** A whole page around `main`. It needs nothing from elsewhere: no script, no font, no picture. */
export function page({ title, root, feed, q }: Frame, main: Html): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${style}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <a href="${root}">Larder</a>
          <form role="search" action="${root}packages">
            ${feed !== undefined && html`<input type="hidden" name="feed" value="${feed}" />`}
            <input
              type="search"
              name="q"
              value="${q}"
              aria-label="Search packages"
              placeholder="Search packages"
              autocomplete="off"
            />
            <button>Search</button>
          </form>
        </header>
        <main id="main">${main}</main>
      </body>
    </html>`.text;
}
