import type { OutgoingHttpHeader, ServerResponse } from 'node:http';

type Headers = readonly OutgoingHttpHeader[] | Readonly<Record<string, OutgoingHttpHeader | undefined>>;

/**
 * Whatever answers from here on, no shared cache keeps it: what is given to some and not to others must not reach those others through a
 * cache between us. Done at the last door, `writeHead`, so that no route can forget it.
 */
export function keepPrivate(res: ServerResponse): void {
  const writeHead = res.writeHead.bind(res);
  res.writeHead = (status: number, ...rest: (string | Headers | undefined)[]) => {
    const [first, second] = rest;
    // Nothing to join with, as for nearly every answer: setting headers one by one costs more than the rest of a hot answer.
    if (Array.isArray(first) && second === undefined && res.getHeaderNames().length === 0)
      return writeHead(status, privateHead(first as readonly OutgoingHttpHeader[]));
    for (const [name, value] of pairsOf((typeof first === 'string' ? second : first) as Headers | undefined))
      res.setHeader(name, value);
    res.setHeader('Cache-Control', privately(textOf(res.getHeader('Cache-Control'))));
    res.setHeader('Vary', varied(textOf(res.getHeader('Vary'))));
    return typeof first === 'string' ? writeHead(status, first) : writeHead(status);
  };
}

/** A copy of names and values in turn, each name once, as every caller in this house writes them. */
function privateHead(head: readonly OutgoingHttpHeader[]): OutgoingHttpHeader[] {
  const copy: OutgoingHttpHeader[] = [];
  let cacheControl = '';
  let vary = '';
  for (let i = 0; i + 1 < head.length; i += 2) {
    const name = String(head[i]);
    const value = head[i + 1] as OutgoingHttpHeader;
    if (/^cache-control$/i.test(name)) cacheControl = textOf(value);
    else if (/^vary$/i.test(name)) vary = textOf(value);
    else copy.push(name, value);
  }
  copy.push('Cache-Control', privately(cacheControl), 'Vary', varied(vary));
  return copy;
}

const varied = (vary: string) => [vary, 'Authorization', 'X-NuGet-ApiKey'].filter(Boolean).join(', ');

/** Both forms that `writeHead` takes: an object, or names and values in turn. */
function* pairsOf(headers: Headers = {}): Generator<[name: string, value: number | string | readonly string[]]> {
  const pairs = Array.isArray(headers)
    ? Array.from({ length: headers.length / 2 }, (_, i) => [String(headers[2 * i]), headers[2 * i + 1]] as const)
    : Object.entries(headers as Readonly<Record<string, OutgoingHttpHeader | undefined>>);
  for (const [name, value] of pairs) if (value !== undefined) yield [name, value as OutgoingHttpHeader];
}

function privately(cacheControl: string): string {
  const directives = cacheControl
    .split(',')
    .map((directive) => directive.trim())
    .filter((directive) => directive !== '' && !/^(?:public|private|s-maxage=.*)$/i.test(directive));
  const isKeptByNobody = directives.some((directive) => /^no-store$/i.test(directive));
  return (isKeptByNobody ? directives : ['private', ...directives]).join(', ');
}

function textOf(header: number | string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(', ') : String(header ?? '');
}
