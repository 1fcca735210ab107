import { html } from './html.js';
import { page } from './layout.js';

/** What a person reads instead of a page that cannot be shown. */
export function problemPage({ root, title, detail }: { root: string; title: string; detail: string }): string {
  return page(
    { title: `${title}: Larder`, root },
    html`<h1>${title}</h1>
      <p>${detail}</p>`,
  );
}
