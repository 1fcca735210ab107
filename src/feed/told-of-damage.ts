import type { PackageIdentity } from '../nuget/package-identity.js';
import { failed } from './answer.js';
import type { Answer, Reason } from './answer.js';
import type { DamagedCopies } from './damaged-copies.js';

const wasDamaged = 'the copy that was kept here proved damaged and was forgotten';

/**
 * Where a copy was kept here until it proved damaged and none has come in its place, a failure says so, and an absence is none: lists have
 * told of the package.
 */
export function toldOfDamage<T>(damaged: DamagedCopies, identity: PackageIdentity, answer: Answer<T>): Answer<T> {
  const damage = damaged.of(identity);
  if (!damage || damage.healedAtMs !== undefined || answer.kind === 'found') return answer;
  if (answer.kind === 'missing') return failed(onlyDamaged(identity));
  const { reason } = answer;
  if (reason.detail.includes(wasDamaged)) return answer;
  return { kind: answer.kind, reason: { ...reason, detail: `${wasDamaged}; ${withSource(reason)}` } };
}

export function onlyDamaged(identity: PackageIdentity): Reason {
  return { code: 'damaged-copy', detail: `${wasDamaged}, and no other of ${identity.toString()} can be had` };
}

const withSource = ({ source, detail }: Reason) =>
  source === undefined || detail.includes(source) ? detail : `${source}: ${detail}`;
