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
    for (const [name, value] of pairsOf((typeof first === 'string' ? second : first) as Headers | undefined))
      res.setHeader(name, value);
    res.setHeader('Cache-Control', privately(textOf(res.getHeader('Cache-Control'))));
    res.setHeader(
      'Vary',
      [textOf(res.getHeader('Vary')), 'Authorization', 'X-NuGet-ApiKey'].filter(Boolean).join(', '),
    );
    return typeof first === 'string' ? writeHead(status, first) : writeHead(status);
  };
}

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
