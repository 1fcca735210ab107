import { posix } from 'node:path';
import ts from 'typescript';
import type { SourceFile } from './source-tree.js';

/** Who may import whom; everyone may import from its own room. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  nuget: [],
  ops: [],
  codec: ['nuget'],
  policy: ['nuget'],
  config: ['nuget'],
  ui: ['nuget'],
  feed: ['nuget', 'codec', 'policy', 'ops'],
  bundle: ['feed', 'nuget', 'codec', 'policy', 'ops'],
  sources: ['feed', 'nuget', 'codec', 'ops'],
  store: ['feed', 'nuget', 'codec', 'ops'],
  http: ['feed', 'nuget', 'codec', 'policy', 'ops', 'ui'],
  cli: ['nuget', 'config', 'ops', 'feed', 'compose'],
  main: ['cli'],
  compose: ['nuget', 'codec', 'policy', 'config', 'ops', 'feed', 'bundle', 'sources', 'store', 'http', 'ui'],
};

/** All that an edge may know of `feed`: the interfaces that it implements. */
const ports = new Set(['feed/answer.ts', 'feed/source.ts', 'feed/store.ts']);
const edges = new Set(['sources', 'store']);

const notOurWords = /^(manager|helper|util|handler|data|info|process|item|common)s?$/i;

/** What breaks the rules of the house, one line each. */
export function breaches(tree: readonly SourceFile[]): string[] {
  return tree.flatMap((file) => [...nameBreaches(file), ...codeBreaches(file)]);
}

const roomOf = (path: string) => path.split('/')[0]?.replace(/\.ts$/, '') ?? '';

function nameBreaches({ path }: SourceFile): string[] {
  const words = path.replace(/\.ts$/, '').split(/[/.-]|(?<=[a-z])(?=[A-Z])/);
  return words.filter((word) => notOurWords.test(word)).map((word) => `${path}: “${word}” is not a word of the house`);
}

function codeBreaches(file: SourceFile): string[] {
  const found: string[] = [];
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ESNext, true);
  const tell = (node: ts.Node, what: string) =>
    found.push(`${file.path}: ${what} (line ${source.getLineAndCharacterOfPosition(node.getStart()).line + 1})`);
  const visit = (node: ts.Node) => {
    const target = importTarget(node);
    const problem = target === undefined ? globalBreach(node, file.path) : arrowBreach(file.path, target);
    if (problem !== undefined) tell(node, problem);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** What an import, a re-export or an `import()` names. */
function importTarget(node: ts.Node): string | undefined {
  const specifier =
    ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
      ? node.moduleSpecifier
      : ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
        ? node.arguments[0]
        : ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)
          ? node.argument.literal
          : undefined;
  return specifier && ts.isStringLiteral(specifier) ? specifier.text : undefined;
}

function arrowBreach(path: string, target: string): string | undefined {
  const from = roomOf(path);
  const allowed = arrows[from];
  if (!allowed) return `${from} is no room of the house`;
  if (!target.startsWith('.')) return undefined;
  const to = posix.join(posix.dirname(path), target).replace(/\.js$/, '.ts');
  const room = roomOf(to);
  if (room === from) return undefined;
  if (!allowed.includes(room)) return `${from} may not import ${room}`;
  if (edges.has(from) && room === 'feed' && !ports.has(to)) return `${from} may see the ports of feed only, not ${to}`;
  return undefined;
}

function globalBreach(node: ts.Node, path: string): string | undefined {
  const text = (of: ts.Node) => of.getText().replace(/\s/g, '');
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    if (/^process(\.env|\[.env.\])$/.test(text(node)) && roomOf(path) !== 'config' && path !== 'main.ts')
      return 'only config reads the environment';
    if (text(node) === 'Date.now' && path !== 'ops/clock.ts') return 'only ops/clock.ts asks for the time';
    if (text(node) === 'globalThis.fetch') return 'the global fetch is not for us';
  }
  if (
    ts.isNewExpression(node) &&
    text(node.expression) === 'Date' &&
    !node.arguments?.length &&
    path !== 'ops/clock.ts'
  )
    return 'only ops/clock.ts asks for the time';
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'fetch')
    return 'the global fetch is not for us';
  return undefined;
}
