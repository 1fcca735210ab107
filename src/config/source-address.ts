import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { leaf, parseHttp, Problem, readHttpAddress } from './leaf.js';

const allowed =
  'an address that begins with http:// or https://, or the path of a folder: /srv/packages, ./packages, file:///srv/packages';

/** Where a source is: an http address, or the absolute path of a folder. */
export const sourceAddress = (about: string) =>
  leaf({ about, allowed }, (value) => {
    const url = parseHttp(value);
    return url ? readHttpAddress(url) : typeof value === 'string' ? readFolder(value) : new Problem(neither);
  });

const neither = 'is neither an http address nor the path of a folder';
const isWindowsPath = (text: string) => /^([A-Za-z]:[\\/]|\\\\)/.test(text);

/** Seen from the working directory, with `~` for the home of the user that Larder runs as. */
function readFolder(text: string): string | Problem {
  if (/[\u0000-\u001f\u007f]/.test(text) || text.trim() === '') return new Problem(neither);
  if (/^file:/i.test(text)) return readFileUrl(text);
  if (text === '~' || /^~[\\/]/.test(text)) return join(homedir(), text.slice(1));
  if (isWindowsPath(text))
    return process.platform === 'win32'
      ? resolve(text)
      : new Problem('is a path of Windows, and this is another system');
  // `nuget.org/v3/index.json` is an address that lost its beginning, most likely.
  if (/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+([/:]|$)/.test(text))
    return new Problem('may be an address or a folder: write https:// or ./ before it');
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text)) return new Problem(neither);
  return resolve(text);
}

function readFileUrl(text: string): string | Problem {
  try {
    return fileURLToPath(text);
  } catch {
    return new Problem('is no file address of this machine');
  }
}

/** Whether an address that `sourceAddress` has read is a folder. */
export const isFolder = (address: string) => !/^https?:/i.test(address);
