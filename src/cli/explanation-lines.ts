import type { Explanation, SourceWord } from '../feed/explanation.js';

/** So many versions are listed, the highest first; the rest is counted. */
const shownVersions = 10;

/** An explanation for people: the answer in a sentence, then who said what. */
export function explanationLines(explanation: Explanation): string[] {
  const { id, version, feed, served, because, sources, conflicts, refusals, verdict } = explanation;
  const what = version === undefined ? id : `${id} ${version}`;
  return [
    `${what} is ${served ? '' : 'not '}served by the feed ${feed}: ${because}.`,
    '',
    ...table(sources),
    ...section('Versions', versionLines(explanation)),
    ...section('Package', packageLines(explanation)),
    ...section(
      'Conflicts: other bytes for the same version',
      conflicts.map((conflict) => `${conflict.version}  ${conflict.source}  ${conflict.sha512}`),
    ),
    ...section(
      'Downloads that came to nothing',
      refusals.map(({ at, ...refusal }) => `${at}  ${refusal.version}  ${refusal.source}  ${refusal.detail}`),
    ),
    ...(verdict.allow ? [] : section('Policy', [`${verdict.rule ?? 'a rule'}: ${verdict.reason ?? 'not allowed'}`])),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];
}

/** Four columns and, below each source, the rule that let it be asked or not. */
function* table(sources: readonly SourceWord[]): Generator<string> {
  const rows = [
    ['Source', 'Said', 'When', 'In words'],
    ...sources.map(({ name, state, checkedAt, detail }) => [
      name,
      state === 'notAsked' ? 'not asked' : state,
      checkedAt ?? '-',
      detail,
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const [index, row] of rows.entries()) {
    yield row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
    const source = sources[index - 1];
    if (source)
      yield `${' '.repeat((widths[0] ?? 0) + 2)}${source.eligible ? 'may' : 'may not'} be asked: ${source.reason}`;
  }
}

function versionLines({ versions = [] }: Explanation): string[] {
  const highest = versions.slice(-shownVersions).reverse();
  const width = Math.max(0, ...highest.map(({ version }) => version.length));
  const lines = highest.map(({ version, owner, cached, listed }) =>
    [
      version.padEnd(width),
      `from ${owner}`,
      ...(cached ? ['kept here'] : []),
      ...(listed === false ? ['unlisted'] : []),
    ].join('  '),
  );
  return versions.length > shownVersions ? [...lines, `and ${versions.length - shownVersions} lower ones`] : lines;
}

function packageLines({ owner, cachedAt, listed, sha512, evidence, damage }: Explanation): string[] {
  return [
    ...(owner === undefined ? [] : [`from    ${owner}${listed === false ? ', unlisted' : ''}`]),
    ...(cachedAt === undefined ? [] : [`kept    since ${cachedAt}`]),
    ...(sha512 === undefined ? [] : [`sha512  ${sha512}`]),
    ...(evidence === undefined ? [] : [`proof   ${evidence.map((one) => proofs[one]).join(', ')}`]),
    ...(damage === undefined
      ? []
      : [
          `damage  the copy from ${damage.source} proved damaged ${damage.at} and was forgotten; ` +
            (damage.healedAt === undefined ? 'no other came in its place yet' : `replaced ${damage.healedAt}`),
        ]),
  ];
}

const proofs = {
  'published-hash': 'the hash that its source publishes',
  'signature-hash': 'the hash that its signature was made over',
  'entry-checksums': 'the checksums of its entries',
} as const;
