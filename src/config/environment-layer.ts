import { keyTree, pathText, walkKeys, type Key, type KeyPath } from './key-tree.js';
import type { Mistake } from './mistake.js';
import { nearestWord } from './nearest-word.js';
import { aliases } from './schema.js';
import { isUnsupportedVariable } from './unsupported.js';
import { leafSetting, place, type GroupSetting, type Origin } from './setting.js';

export type Environment = Readonly<Record<string, string | undefined>>;

const prefix = 'LARDER_';
/** Names the configuration file; no key of it. */
export const configFileVariable = 'LARDER_CONFIG';
/** The access key with which commands ask a running server; no key of the configuration. */
export const keyVariable = 'LARDER_KEY';

/**
 * What Kubernetes tells every pod of a service called `larder` or `larder-…` ("Discovering services", environment variables). The one
 * without a suffix holds an address: a port number in it is somebody's mistake.
 */
const isKubernetesOwn = (name: string, value: string) =>
  /^LARDER_(\w+_)?SERVICE_(HOST|PORT(_\w+)?)$/.test(name) ||
  /^LARDER_(\w+_)?PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
  (/^LARDER_(\w+_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value));

/** Lays the `LARDER_…` variables over the configuration. An empty variable counts as not set. */
export function layEnvironment(root: GroupSetting, environment: Environment, mistakes: Mistake[]): void {
  const found: { path: KeyPath; name: string; value: string; origin: Origin }[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (!name.toUpperCase().startsWith(prefix) || value === undefined || value === '') continue;
    if (name === configFileVariable || name === keyVariable || isKubernetesOwn(name, value)) continue;
    const origin: Origin = { layer: 'environment', text: `env ${name}` };
    const steps = name.slice(prefix.length).split('__');
    const path = resolvePath(steps, keyTree);
    if (path) found.push({ path, name, value, origin });
    else if (isUnsupportedVariable(steps))
      mistakes.push({ path: name, problem: 'is not supported by this version', origin });
    else mistakes.push(unknownVariable(name, steps, origin));
  }
  // A list grows in order, whatever the order of the environment.
  found.sort((a, b) => comparePaths(a.path, b.path));
  for (const { path, value, origin } of found)
    if (!place(root, path, leafSetting(value, origin)))
      mistakes.push({ path: pathText(path), problem: 'leaves a gap in the list: places count from 0', origin });
}

/** The path to a leaf that the variable's steps name without regard to case. */
function resolvePath(steps: readonly string[], from: Key): KeyPath | undefined {
  const [step, ...rest] = steps;
  if (step === undefined) return from.kind === 'leaf' ? [] : undefined;
  let name: string | number | undefined;
  let next: Key | undefined;
  if (from.kind === 'list' && /^\d{1,4}$/.test(step)) [name, next] = [Number(step), from.element];
  if (from.kind === 'group') {
    const spelt = [...from.keys.keys(), ...(from === keyTree ? aliases.keys() : [])];
    const asked = spelt.find((key) => key.toUpperCase() === step.toUpperCase());
    name = asked && from === keyTree ? (aliases.get(asked) ?? asked) : asked;
    next = name === undefined ? undefined : from.keys.get(name);
  }
  if (name === undefined || next === undefined) return undefined;
  const below = resolvePath(rest, next);
  return below && [name, ...below];
}

function unknownVariable(name: string, steps: readonly string[], origin: Origin): Mistake {
  const numbers = steps.filter((step) => /^\d+$/.test(step));
  const known = leafVariables().map((variable) => variable.replace(/<n>/g, () => numbers.shift() ?? '0'));
  // `LARDER_LISTEN_PORT` and `LARDER_PORT` are the usual slips: compare without the joints, and by the last word.
  const bare = (variable: string) => variable.replace(/_/g, '').toUpperCase();
  const last = steps.at(-1)?.toUpperCase() ?? '';
  const meant =
    known.find((variable) => bare(variable) === bare(name)) ??
    known.find((variable) => variable.endsWith(`__${last}`)) ??
    nearestWord(name, known);
  return {
    path: name,
    problem: `is no variable of Larder's${meant === undefined ? '' : `: did you mean ${meant}?`}`,
    allowed: 'LARDER_ and the path of a key in upper case, joined by __',
    origin,
  };
}

/** The variables of all keys; a place in a list is written `<n>`. */
export function leafVariables(): string[] {
  return [...walkKeys()].filter(({ key }) => key.kind === 'leaf').map(({ path }) => variableOf(path));
}

/** @param path as in `sources[].auth.kind` */
export const variableOf = (path: string) =>
  prefix + path.replace(/\[\]/g, '.<n>').split('.').join('__').toUpperCase().replace(/<N>/g, '<n>');

function comparePaths(a: KeyPath, b: KeyPath): number {
  for (const [i, step] of a.entries()) {
    const other = b[i];
    if (other === undefined) return 1;
    if (step === other) continue;
    return typeof step === 'number' && typeof other === 'number' ? step - other : step < other ? -1 : 1;
  }
  return a.length - b.length;
}
