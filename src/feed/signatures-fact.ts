import type { SigningCertificate } from '../nuget/repository-signatures.js';
import { missing } from './answer.js';
import type { FactShape, Subject } from './fact-shape.js';
import type { ReadThrough } from './read-through.js';
import type { RepositorySignatures } from './source.js';
import type { Fact } from './store.js';
import { wholeSource } from './whole-source.js';

/** Head of a `signatures` fact; a certificate's bytes are a part of their own. */
export interface SignaturesHead {
  readonly allRepositorySigned: boolean;
  readonly certificates: readonly { readonly facts: SigningCertificate; readonly part?: number }[];
}

export const signaturesFact: FactShape<RepositorySignatures, Subject> = {
  kind: 'signatures',
  ask: async (source, _subject, ask) => (source.repositorySignatures ? source.repositorySignatures(ask) : missing),
  keep: ({ allRepositorySigned, certificates, unparsable }) => {
    const parts: Buffer[] = [];
    const head: SignaturesHead = {
      allRepositorySigned,
      certificates: certificates.map(({ facts, bytes }) =>
        bytes ? { facts, part: parts.push(bytes) - 1 } : { facts },
      ),
    };
    return { head, parts, unparsable };
  },
  dropped: 'certificates that NuGet cannot read were dropped from the repository signatures',
};

export const signatures = wholeSource('its repository signatures');

/** Whether a source is known to claim that a repository signed all its packages. It is not asked for it. */
export async function claimsAllSigned(member: ReadThrough): Promise<boolean> {
  const { answer } = await member.kept(signaturesFact, signatures);
  return answer.kind === 'found' && readSignatures(answer.value).allRepositorySigned;
}

export function readSignatures(fact: Fact): SignaturesHead {
  return fact.head as SignaturesHead;
}
