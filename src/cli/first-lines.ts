import type { Config } from '../config/schema.js';
import { addSourceCommand } from '../nuget/add-source-command.js';

/**
 * What a person needs at the start: the address of the feed, and the line that makes it known to the .NET SDK, which wants a word
 * of consent for plain http.
 * @param url the server's own address
 */
export function firstLines(config: Config, url: string): string[] {
  const base = (config.publicUrl ?? url).replace(/\/+$/, '');
  const feed = config.feeds.find(({ name }) => name === 'default') ?? config.feeds[0];
  const path = feed && feed.name !== 'default' ? `/feeds/${feed.name}` : '';
  const index = `${base}${path}/v3/index.json`;
  return [`Feed: ${index}`, addSourceCommand(index, { needsKey: !config.access.anonymousRead })];
}
