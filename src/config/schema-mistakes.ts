import type * as z from 'zod';
import { keyAt, pathText, walkKeys, type Key, type KeyPath } from './key-tree.js';
import type { KeyNote } from './leaf.js';
import type { Mistake } from './mistake.js';
import { nearestWord } from './nearest-word.js';
import { nearestSetting, settingAt, type Setting } from './setting.js';
import { isUnsupportedKey, isUnsupportedValue } from './unsupported.js';

/** The schema's issues in the words of the reader, each with the place it comes from. */
export function mistakesOf(issues: readonly z.core.$ZodIssue[], root: Setting): Mistake[] {
  return issues.flatMap((issue) => {
    const path = issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
    if (issue.code === 'unrecognized_keys') return issue.keys.map((name) => unknownKey([...path, name], root));
    const setting = settingAt(root, path);
    if (setting?.kind === 'leaf' && setting.isUnresolved) return [];
    const key = keyAt(path);
    return [
      { path: pathText(path), ...wrongValue(issue, path, key, setting), origin: nearestSetting(root, path).origin },
    ];
  });
}

function wrongValue(
  issue: z.core.$ZodIssue,
  path: KeyPath,
  key: Key | undefined,
  setting: Setting | undefined,
): { problem: string; allowed?: string } {
  const allowed = allowedAt(key);
  const withAllowed = (problem: string) => (allowed === undefined ? { problem } : { problem, allowed });
  if (!setting) return withAllowed('is required');
  if (key?.kind === 'leaf') {
    if (setting.kind !== 'leaf') return withAllowed(setting.kind === 'list' ? 'is no list' : 'has no keys below it');
    const shown = shownValue(setting.value, key.note, setting.isReferenced);
    if (isUnsupportedValue(pathText(path), setting.value))
      return withAllowed(`${shown} is not supported by this version`);
    return withAllowed(`${shown} ${issue.code === 'custom' ? issue.message : 'is none of the choices'}`);
  }
  if (key?.kind === 'list')
    return setting.kind === 'list' ? { problem: 'must not be an empty list' } : withAllowed('is a list');
  return withAllowed('has keys of its own, no value');
}

function allowedAt(key: Key | undefined): string | undefined {
  if (key?.kind === 'list') {
    const element = allowedAt(key.element);
    return element === undefined ? undefined : `a list, each ${element}`;
  }
  return key?.note?.allowed;
}

/** Never a secret, and no user info of an address. */
function shownValue(value: string | number | boolean, note: KeyNote, isReferenced: boolean): string {
  if (note.secret || isReferenced) return 'its value';
  const text = String(value).replace(/\/\/[^/\s]*@/g, '//…@');
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function unknownKey(path: KeyPath, root: Setting): Mistake {
  const name = String(path.at(-1));
  const origin = nearestSetting(root, path).origin;
  if (isUnsupportedKey(pathText(path)))
    return { path: pathText(path), problem: 'is not supported by this version', origin };
  const parent = keyAt(path.slice(0, -1));
  const siblings = parent?.kind === 'group' ? [...parent.keys.keys()] : [];
  const meant = nearestWord(name, siblings) ?? keyOfThatName(name);
  return {
    path: pathText(path),
    problem: `is no key of the configuration${meant === undefined ? '' : `: did you mean ${meant}?`}`,
    allowed: siblings.join(', '),
    origin,
  };
}

/** A key that stands at the wrong level. */
function keyOfThatName(name: string): string | undefined {
  const isNamed = (path: string) => path.slice(path.lastIndexOf('.') + 1).toLowerCase() === name.toLowerCase();
  for (const { path } of walkKeys()) if (isNamed(path)) return path;
  return undefined;
}
