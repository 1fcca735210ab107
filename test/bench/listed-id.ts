import { startScriptedSource } from '../support/scripted-source.js';
import type { ScriptedSource } from '../support/scripted-source.js';

/** Where the version list of the id lies below the flat container. */
export const listedPath = 'listed.id/index.json';

/** A source with one id whose version list is a document of about 3 KB. */
export function startListingSource(): Promise<ScriptedSource> {
  const versions = Array.from({ length: 300 }, (_, at) => `${1 + Math.floor(at / 100)}.${at % 100}.0`);
  return startScriptedSource({ packages: versions.map((version) => ({ id: 'Listed.Id', version })) });
}
