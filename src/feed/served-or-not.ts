import type { Answer } from './answer.js';
import type { Explanation, SourceWord } from './explanation.js';
import type { Gathered } from './gather.js';
import type { Refusal } from './refusals.js';

/** What decides whether a client is given something. */
export interface Circumstances {
  /** As a person calls it: `Serilog` or `Serilog 3.1.1`. */
  readonly what: string;
  readonly feed: string;
  readonly sources: readonly SourceWord[];
  /** What all sources that may be asked make of the id together. */
  readonly gathered: Answer<Gathered>;
  readonly offline: boolean;
  /** Of an id: whether there is any version. */
  readonly hasVersions?: boolean;
  /** Of a version: the source that it comes from. */
  readonly owner?: string;
  /** Of a version: the package kept here, and whether this feed may ask the source of its bytes. */
  readonly kept?: { readonly source: string; readonly atMs: number; readonly mayServe: boolean };
  readonly goneFromSource?: boolean;
  readonly refusal?: Refusal;
}

/** The same decisions as for a client, with their reason in words. */
export function servedOrNot(of: Circumstances): Pick<Explanation, 'served' | 'because'> {
  const yes = (because: string) => ({ served: true, because });
  const no = (because: string) => ({ served: false, because });
  const { what, kept, owner, gathered, sources } = of;
  if (kept?.mayServe) {
    const gone = of.goneFromSource ? `; ${kept.source} has it no more, it stays for those who depend on it` : '';
    return yes(`it is kept here since ${new Date(kept.atMs).toISOString()}, from ${kept.source}${gone}`);
  }
  const eligible = sources.filter((source) => source.eligible);
  if (eligible.length === 0) return no(`no source of the feed ${of.feed} may be asked for it`);
  if (gathered.kind === 'failed' || gathered.kind === 'refused') {
    const { code, detail, source } = gathered.reason;
    if (code === 'offline-miss') return no('offline, and it is not known here whether there is such a thing');
    return no(`${source ?? 'a source'} could not be asked: ${detail}`);
  }
  const names = listOf(eligible.map(({ name }) => name));
  if (of.hasVersions === true)
    return yes(`${names} ${eligible.length === 1 ? 'was' : 'were'} asked, and there is a list`);
  if (owner === undefined) {
    const verb = eligible.length === 1 ? 'says' : 'all say';
    return no(`${names} ${verb} that there is no ${what}`);
  }
  if (of.refusal) return no(`${of.refusal.source} has it, but its download came to nothing: ${of.refusal.detail}`);
  if (of.offline) return no(`offline, and it is not kept here`);
  const pinned = kept ? `, beside the copy kept from ${kept.source}, which this feed may not ask` : '';
  return yes(`${owner} has it; it is fetched when it is first asked for${pinned}`);
}

function listOf(names: readonly string[]): string {
  return names.length <= 1 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`;
}
