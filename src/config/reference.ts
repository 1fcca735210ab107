import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Environment } from './environment-layer.js';
import { keyAt, pathText, type KeyPath } from './key-tree.js';
import type { Mistake } from './mistake.js';
import { groupSetting, leafSetting, listSetting, type LeafSetting, type Setting } from './setting.js';

export interface References {
  readonly environment: Environment;
  /** Where relative paths in the configuration file begin: beside it. Elsewhere they begin at the working directory. */
  readonly configFile: string | undefined;
}

/**
 * Fetches every value written as `env:NAME` or `file:PATH`. One line end at the end of a file is not part of its value: editors and
 * `echo` leave one. What cannot be fetched is a mistake, and stays out of the result.
 */
export async function resolveReferences(
  setting: Setting,
  references: References,
  mistakes: Mistake[],
  path: KeyPath = [],
): Promise<Setting> {
  if (setting.kind === 'list') {
    const list = listSetting(setting.origin);
    for (const [i, element] of setting.elements.entries())
      list.elements.push(await resolveReferences(element, references, mistakes, [...path, i]));
    return list;
  }
  if (setting.kind === 'group') {
    const group = groupSetting(setting.origin);
    for (const [name, member] of setting.members)
      group.members.set(name, await resolveReferences(member, references, mistakes, [...path, name]));
    return group;
  }
  const [, scheme, target] = /^(env|file):(.*)$/s.exec(String(setting.value)) ?? [];
  if (scheme === undefined || target === undefined || isFileAddress(target, path)) return setting;
  const fetched = scheme === 'env' ? fromEnvironment(target, references) : await fromFile(target, setting, references);
  const origin = { ...setting.origin, text: `${setting.origin.text}, ${scheme}:${target}` };
  if ('problem' in fetched) {
    mistakes.push({ path: pathText(path), problem: fetched.problem, origin });
    return { ...leafSetting('', origin), isReferenced: true, isUnresolved: true };
  }
  const key = keyAt(path);
  const rotates = key?.kind === 'leaf' && key.note.rotates === true;
  return {
    ...leafSetting(fetched.value, origin),
    isReferenced: true,
    ...(rotates && fetched.file !== undefined && { file: fetched.file }),
  };
}

/** `file:///srv/packages` as the address of a source is a folder, not a file that holds an address. */
const isFileAddress = (target: string, path: KeyPath) =>
  target.startsWith('//') && path.length === 3 && path[0] === 'sources' && path[2] === 'url';

type Fetched = { readonly value: string; readonly file?: string } | { readonly problem: string };

function fromEnvironment(name: string, { environment }: References): Fetched {
  const value = environment[name];
  if (value === undefined) return { problem: `the environment variable ${name} is not set` };
  return value === '' ? { problem: `the environment variable ${name} is empty` } : { value };
}

async function fromFile(path: string, setting: LeafSetting, { configFile }: References): Promise<Fetched> {
  const from = setting.origin.layer === 'file' && configFile !== undefined ? dirname(configFile) : '.';
  try {
    const file = resolve(from, path);
    const text = await readFile(file, 'utf8');
    return text === '' ? { problem: `the file ${path} is empty` } : { value: text.replace(/\r?\n$/, ''), file };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { problem: `the file ${resolve(from, path)} cannot be read (${code ?? 'unknown error'})` };
  }
}
