import {
  groupSetting,
  leafSetting,
  listSetting,
  place,
  settingAt,
  type GroupSetting,
  type Origin,
  type Setting,
} from './setting.js';

/** The command line's part of the configuration. */
export interface ConfigFlags {
  /** The configuration file. */
  readonly config?: string;
  readonly host?: string;
  readonly port?: string;
  /** The folder of the store. */
  readonly data?: string;
  /** In order of precedence. */
  readonly source?: readonly NamedUrl[];
  readonly offline?: boolean;
}

/** `NAME=URL` */
export interface NamedUrl {
  readonly name: string;
  readonly url: string;
}

const flag = (name: string): Origin => ({ layer: 'flag', text: `flag --${name}` });

/** Lays the flags over the configuration. */
export function layFlags(root: GroupSetting, flags: ConfigFlags): void {
  const put = (path: readonly string[], value: string | boolean | undefined, name: string) => {
    if (value !== undefined) place(root, path, leafSetting(value, flag(name)));
  };
  put(['listen', 'host'], flags.host, 'host');
  put(['listen', 'port'], flags.port, 'port');
  put(['store', 'path'], flags.data, 'data');
  put(['offline'], flags.offline, 'offline');
  if (flags.source && flags.source.length > 0) laySources(root, flags.source);
}

/**
 * `--source` replaces the sources of the feed `default`. A source of another feed, or of none (its patterns still claim ids), stays;
 * a source of the same name is replaced as a whole, so that its credentials do not travel to another address.
 */
function laySources(root: GroupSetting, given: readonly NamedUrl[]): void {
  const origin = flag('source');
  const feeds = elementsOf(root, 'feeds');
  const configured = elementsOf(root, 'sources');
  const allNames = configured.map((source) => textAt(source, 'name') ?? '');
  const membersOf = (feed: Setting) => memberNames(feed) ?? allNames;

  const feed = feeds.find((feed) => textAt(feed, 'name') === 'default');
  const replaced = feeds.length === 0 ? allNames : feed ? membersOf(feed) : [];
  const keptElsewhere = new Set(feeds.filter((other) => other !== feed).flatMap(membersOf));
  const gone = new Set(replaced.filter((name) => !keptElsewhere.has(name)));
  for (const { name } of given) gone.add(name);
  const staying = configured.filter((source) => !gone.has(textAt(source, 'name') ?? ''));
  root.members.set(
    'sources',
    listSetting(origin, [...given.map((source) => sourceSetting(source, origin)), ...staying]),
  );

  const names = listSetting(
    origin,
    given.map(({ name }) => leafSetting(name, origin)),
  );
  if (feed?.kind === 'group') feed.members.set('sources', names);
  else {
    const added = groupSetting(origin);
    added.members.set('name', leafSetting('default', origin)).set('sources', names);
    root.members.set('feeds', listSetting(origin, [added, ...feeds]));
  }
}

function sourceSetting({ name, url }: NamedUrl, origin: Origin): Setting {
  const source = groupSetting(origin);
  source.members.set('name', leafSetting(name, origin)).set('url', leafSetting(url, origin));
  return source;
}

function elementsOf(root: GroupSetting, name: string): readonly Setting[] {
  const list = root.members.get(name);
  return list?.kind === 'list' ? list.elements : [];
}

function textAt(setting: Setting, name: string): string | undefined {
  const member = settingAt(setting, [name]);
  return member?.kind === 'leaf' ? String(member.value) : undefined;
}

/** The names that the feed lists; `undefined` when it lists none and so has all. */
function memberNames(feed: Setting): string[] | undefined {
  const list = settingAt(feed, ['sources']);
  return list?.kind === 'list'
    ? list.elements.flatMap((element) => (element.kind === 'leaf' ? [String(element.value)] : []))
    : undefined;
}
