/** What stands in a secret's place. */
export const censor = '…';

const secretName =
  /^(?:(?:proxy-)?authorization|cookie|set-cookie|password|passwd|token|secret|credentials?|private-?key|.*api-?key)$/i;
/** For a child log's own members, which pino writes before any formatter can see them. */
export const secretPaths = [
  'authorization',
  'Authorization',
  'password',
  'token',
  'secret',
  'apiKey',
  'credentials',
].flatMap((name) => [name, `*.${name}`]);

/** Deeper than any entry of ours; an object that holds itself ends here. */
const maxDepth = 6;

/** A copy in which the values of keys that name a secret are struck out, at any depth. Errors stay what they are. */
export function maskByName(entry: Record<string, unknown>): Record<string, unknown> {
  return maskMembers(entry, 0);
}

function maskMembers(object: object, depth: number): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object))
    masked[name] =
      secretName.test(name) && value !== undefined && value !== null ? censor : maskValue(value, depth + 1);
  return masked;
}

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth > maxDepth) return censor;
  if (Array.isArray(value)) return value.map((element) => maskValue(element, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? maskMembers(value, depth) : value;
}

/** A shorter secret would strike out innocent words all over the log. */
const shortestSecret = 6;

/**
 * Strikes user info out of addresses, and the given secrets wherever they occur: the last door before a line is written, for what
 * got into a message or a stack.
 * @param secrets as they are; their JSON and Base64 spellings are found too. As a function where they change: another array, other secrets
 */
export function textMask(secrets: readonly string[] | (() => readonly string[])): (text: string) => string {
  const current = typeof secrets === 'function' ? secrets : () => secrets;
  let known = current();
  let spellings = spellingsOf(known);
  return (text) => {
    if (current() !== known) spellings = spellingsOf((known = current()));
    let masked = text.includes('://') ? text.replace(/(\w:\/\/)[^/\s"'@]*@/g, `$1${censor}@`) : text;
    for (const spelling of spellings) if (masked.includes(spelling)) masked = masked.replaceAll(spelling, () => censor);
    return masked;
  };
}

function spellingsOf(secrets: readonly string[]): string[] {
  return (
    secrets
      .filter((secret) => secret.length >= shortestSecret)
      .flatMap((secret) => [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        Buffer.from(secret).toString('base64'),
      ])
      // The longest first: one spelling may be a part of another.
      .sort((a, b) => b.length - a.length)
  );
}
