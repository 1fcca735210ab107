import { plainBody } from '../../support/scripted-reply.js';
import type { Reply } from '../../support/scripted-reply.js';
import type { Fault } from '../../support/scripted-source.js';
import { asked, askedOf } from './fault.js';
import type { MatrixFault } from './fault.js';

const json = { 'content-type': 'application/json' };
const page = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Sign in</body></html>\n';

/** Something else in place of the right content, in good order. */
const content = (body: string): Fault => ({ status: 200, headers: json, body });

/** The right document, changed. What is no JSON comes as it is. */
function changed(change: (document: unknown) => unknown): (reply: Reply) => Fault | undefined {
  return (reply) => {
    if (!reply.headers['content-type']?.includes('json')) return undefined;
    return content(JSON.stringify(change(JSON.parse(plainBody(reply).toString()))));
  };
}

/** The right document in other bytes. */
const rewritten =
  (rewrite: (plain: Buffer) => Buffer) =>
  (reply: Reply): Fault => ({ status: 200, headers: json, body: rewrite(plainBody(reply)) });

/** No list has anything in it. */
function emptied(value: unknown): unknown {
  if (Array.isArray(value)) return [];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, emptied(member)]));
}

/** Every element of every list twice. */
function doubled(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).concat(value).map(doubled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, doubled(member)]));
}

const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
const notOfPackages = { notFor: { nupkg: 'a package is no document', nuspec: 'a package is no document' } };
const notOfOneId = 'this document is not about one id';

/** What goes wrong in an answer that arrives whole. */
export const contentFaults: readonly MatrixFault[] = [
  asked('an HTML page with 200', 'html'),
  asked('an HTML page called JSON', content(page)),
  asked('a page to sign in with 203', { status: 203, headers: { 'content-type': 'text/html' }, body: page }),
  asked('the right content called HTML', ({ status, headers, body }) => ({
    ...{ status, body },
    headers: { ...headers, 'content-type': 'text/html' },
  })),
  asked('an empty body with 200', content('')),
  asked('nonsense of the right length', () => 'garbage'),
  asked('JSON that is cut', (reply) => {
    const plain = plainBody(reply);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: plain.subarray(0, plain.length / 2) };
  }),
  asked('null', content('null')),
  asked('an array of a string', content('["nothing"]')),
  asked('an empty object', content('{}'), {
    notFor: { vulnerabilities: 'it is a page of no advisories, which is right' },
  }),
  asked('a string', content('"nothing"')),
  asked('a number', content('404')),
  asked('an error in disguise', content('{"error":"Too many requests","code":429}')),
  asked(
    'JSON nested too deeply',
    content(`{"version":"3.0.0","resources":${deep},"versions":[${deep}],"items":[${deep}],"data":[${deep}]}`),
  ),
  asked(
    'garbage behind the JSON',
    rewritten((plain) => Buffer.concat([plain, Buffer.from('garbage')])),
    notOfPackages,
  ),
  asked(
    'JSON in UTF-16',
    rewritten((plain) => Buffer.from(plain.toString(), 'utf16le')),
    notOfPackages,
  ),
  asked(
    'a byte order mark before the JSON',
    rewritten((plain) => Buffer.concat([Buffer.from('\ufeff'), plain])),
    notOfPackages,
  ),
  asked('lists with nothing in them', changed(emptied), {
    saysAbsent: true,
    notFor: {
      ...notOfPackages.notFor,
      search: 'nothing found is a right answer',
      vulnerabilities: 'no advisories are a right answer',
    },
  }),
  asked('everything said twice', changed(doubled), notOfPackages),
  askedOf(
    'a document of another id',
    ({ resource }) =>
      changed(
        (document) =>
          JSON.parse(
            JSON.stringify(document).replaceAll(new RegExp(`"${resource.id}"`, 'gi'), '"Impostor"'),
          ) as unknown,
      ),
    {
      notFor: {
        'service index': notOfOneId,
        'behind the index': notOfOneId,
        'version list': 'it does not say of which id it is',
        search: notOfOneId,
        vulnerabilities: notOfOneId,
        nupkg: 'see the faults of packages',
        nuspec: 'see the faults of packages',
      },
    },
  ),
];
