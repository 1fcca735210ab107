import { InvalidArgumentError, type Command } from 'commander';
import type { NamedUrl } from '../config/flag-layer.js';

/** The options that reach the configuration. */
export function addConfigOptions(command: Command): Command {
  return addStoreOptions(command)
    .option('--host <host>', 'address to listen on')
    .option('--port <port>', 'port to listen on; 0 takes any free one');
}

/** Those of them that matter to a verb that listens nowhere. */
export function addStoreOptions(command: Command): Command {
  return command
    .option('-c, --config <file>', 'configuration file (default: config/larder.yaml if there is one)')
    .option('--data <folder>', 'folder of the store')
    .option(
      '--source <name=url>',
      'a source of the feed `default`, instead of the configured ones; may be repeated, in order of precedence',
      addSource,
    )
    .option('--offline', 'never ask a source');
}

function addSource(text: string, before: readonly NamedUrl[] = []): readonly NamedUrl[] {
  const [, name, url] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === undefined || url === undefined) throw new InvalidArgumentError('It is written NAME=URL.');
  return [...before, { name, url }];
}
