import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { crossCheck } from './cross-checks.js';
import { effectiveValues, type EffectiveValue } from './effective.js';
import { configFileVariable, layEnvironment, type Environment } from './environment-layer.js';
import { layFlags, type ConfigFlags } from './flag-layer.js';
import { ConfigError, type Mistake } from './mistake.js';
import { readProxyEnvironment } from './proxy-environment.js';
import { resolveReferences } from './reference.js';
import { aliases, configSchema, type Config } from './schema.js';
import { mistakesOf } from './schema-mistakes.js';
import { groupSetting, plainOf, type GroupSetting, type Origin } from './setting.js';

/** Read when nothing else is named, if it is there. */
export const defaultConfigFile = 'config/larder.yaml';

export interface Loaded {
  readonly config: Config;
  /** The file that was read, as it was named; `undefined` when there was none. */
  readonly file: string | undefined;
  readonly effective: readonly EffectiveValue[];
}

/**
 * The configuration in effect: flags beat environment, environment beats file, file beats defaults.
 * @throws ConfigError with every mistake there is
 */
export async function loadConfig(flags: ConfigFlags, environment: Environment): Promise<Loaded> {
  const mistakes: Mistake[] = [];
  const { root, file } = await openFile(flags, environment, mistakes);
  renameAliases(root, mistakes);
  layEnvironment(root, environment, mistakes);
  layFlags(root, flags);
  const setting = await resolveReferences(root, { environment, configFile: file }, mistakes);
  crossCheck(setting, mistakes);
  const result = configSchema.safeParse(plainOf(setting));
  if (!result.success) mistakes.push(...mistakesOf(result.error.issues, setting));
  const proxies =
    !result.success || result.data.sources.some(({ proxy }) => proxy === undefined)
      ? readProxyEnvironment(environment, mistakes)
      : undefined;
  if (!result.success || mistakes.length > 0) throw new ConfigError(mistakes);
  return { config: { ...result.data, ...(proxies && { proxies }) }, file, effective: effectiveValues(setting) };
}

async function openFile(
  flags: ConfigFlags,
  environment: Environment,
  mistakes: Mistake[],
): Promise<{ root: GroupSetting; file: string | undefined }> {
  const variable = environment[configFileVariable];
  const isNamed = flags.config !== undefined || (variable !== undefined && variable !== '');
  const file = flags.config ?? (isNamed ? variable : undefined) ?? defaultConfigFile;
  const origin: Origin =
    flags.config !== undefined
      ? { layer: 'file', text: 'flag --config' }
      : { layer: 'file', text: isNamed ? `env ${configFileVariable}` : 'default' };
  try {
    const text = await readFile(file, 'utf8');
    // Reading YAML is a twentieth of all code, and nothing for who has no file.
    const { readFileLayer } = await import('./file-layer.js');
    return { root: readFileLayer(text, shownName(file), mistakes), file };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    if (code !== 'ENOENT' || isNamed)
      mistakes.push({
        path: '',
        problem: `the configuration file ${file} ${code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`}`,
        allowed: 'a YAML or JSON file',
        origin,
      });
    return { root: groupSetting(origin), file: undefined };
  }
}

/** Short where the file lies below the working directory. */
function shownName(file: string): string {
  const short = relative('.', file);
  return short.startsWith('..') ? file : short;
}

function renameAliases(root: GroupSetting, mistakes: Mistake[]): void {
  for (const [alias, name] of aliases) {
    const member = root.members.get(alias);
    if (!member) continue;
    if (root.members.has(name))
      mistakes.push({ path: alias, problem: `is the same as ${name}: write one of them`, origin: member.origin });
    root.members.delete(alias);
    root.members.set(name, member);
  }
}
