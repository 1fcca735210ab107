/** Where a word ends: what is neither letter nor digit. */
const separators = /[^\p{L}\p{N}]+/u;
/** Where a part of `EntityFrameworkCore` or `HTTPClient2` begins. */
const humps = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;

/**
 * The words that an id or a title is found by: itself without its separators, its parts, and theirs by the capitals. `Newtonsoft.Json` is
 * found by newtonsoftjson, newtonsoft and json; `EntityFrameworkCore` also by entity, framework and core.
 */
export function nameWords(text: string): string[] {
  const parts = text.split(separators).filter((part) => part !== '');
  const words = [parts.join(''), ...parts, ...parts.flatMap((part) => part.split(humps))];
  return [...new Set(words.map((word) => word.toLowerCase()))].filter((word) => word !== '');
}

/** The words of plain text, and of what somebody searches for. */
export function textWords(text: string): string[] {
  return text
    .split(separators)
    .map((word) => word.toLowerCase())
    .filter((word) => word !== '');
}
