import type { Row } from './row.js';

const corner = 'Fault';

/** As in the page: a header and a line for each fault. */
export function renderTable(columns: readonly string[], rows: ReadonlyMap<string, Row>): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line([corner, ...columns]),
    line([corner, ...columns].map(() => '---')),
    ...[...rows].map(([name, row]) => line([name, ...columns.map((column) => row.get(column) ?? '')])),
  ].join('\n');
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: ReadonlyMap<string, Row>;
}

/** Reads a page's table, however it is padded. */
export function readTable(page: string): Table {
  const lines = page
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    );
  const [[, ...columns] = [], , ...rest] = lines;
  const rows = rest.map(([name = '', ...cells]): [string, Row] => [
    name,
    new Map(columns.map((column, place) => [column, cells[place] ?? ''])),
  ]);
  return { columns, rows: new Map(rows) };
}

/**
 * Whether a row is as in the page. A package whose length nobody announced may be refused before its first byte went out or break off behind it:
 * where the page says the latter, the former is as good.
 */
export function isAsPromised(row: Row, promised: Row | undefined): boolean {
  return [...row].every(([column, cell]) => {
    const told = promised?.get(column);
    if (told === cell) return true;
    const [cold = '', warm] = cell.split(' / ');
    return told === `broken off / ${warm}` && /^50[234] /.test(cold);
  });
}
