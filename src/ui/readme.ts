import MarkdownIt from 'markdown-it';

import { Html } from './html.js';

/**
 * CommonMark without raw HTML: what a package says of itself is shown, never run. Pictures are shown by their names, because nothing is
 * loaded from elsewhere.
 */
const markdown = new MarkdownIt({ html: false, linkify: true });
markdown.renderer.rules['image'] = (tokens, index) => markdown.utils.escapeHtml(tokens[index]?.content ?? '');
const renderLink = markdown.renderer.renderToken.bind(markdown.renderer);
markdown.renderer.rules['link_open'] = (tokens, index, options) => {
  const token = tokens[index];
  const href = String(token?.attrGet('href') ?? '');
  // A relative address is meant from the author's repository, not from here.
  if (!/^(?:https?:|mailto:|#)/i.test(href)) token?.attrSet('href', '#');
  token?.attrSet('rel', 'noopener noreferrer nofollow');
  return renderLink(tokens, index, options);
};

/** Longest readme that is rendered, in characters: more would hold up the event loop. */
const maxCharacters = 200_000;

/** @param text markdown as the package has it */
export function renderReadme(text: string): Html {
  if (text.length > maxCharacters)
    return new Html(`<pre>${markdown.utils.escapeHtml(text.slice(0, maxCharacters))}</pre>`);
  return new Html(markdown.render(text));
}
