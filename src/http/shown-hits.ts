import type { Hit } from '../ui/search-page.js';
import { list, object, text, texts } from './json-members.js';

/** What a search page shows of the search document as we render it, parsed. */
export function shownHits(document: unknown): { readonly total: number; readonly hits: readonly Hit[] } {
  const { totalHits, data } = object(document);
  return {
    total: typeof totalHits === 'number' ? totalHits : 0,
    hits: list(data).map((entry): Hit => {
      const { id, version, description, summary, authors } = object(entry);
      return {
        id: text(id) ?? '',
        version: text(version) ?? '',
        description: text(description) ?? text(summary) ?? '',
        authors: list(authors).length > 0 ? list(authors).flatMap(texts).join(', ') : (text(authors) ?? ''),
      };
    }),
  };
}
