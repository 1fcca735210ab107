import type { FeedSignatures } from '../feed/feed-signatures.js';
import type { FeedVulnerabilities } from '../feed/feed-vulnerabilities.js';
import type { OptionalAddresses } from '../nuget/service-index.js';
import { signatureLevels, signaturesPath, vulnerabilityIndexPath } from './urls.js';
import type { Mount } from './urls.js';

/** Tells the addresses of the resources that a feed offers only when its sources do. */
export type OptionalResources = (feed: string, base: string, at: Mount) => Promise<OptionalAddresses>;

export function createOptionalResources(options: {
  readonly vulnerabilities: ReadonlyMap<string, FeedVulnerabilities>;
  readonly signatures: ReadonlyMap<string, FeedSignatures>;
}): OptionalResources {
  return async (feed, base, at) => {
    // Over plain http clients take a feed with such a document for broken (NuGet.Client `RepositorySignatureResourceProvider`).
    const isSecure = base.startsWith('https:');
    const [knowsVulnerabilities, claimsSignatures] = await Promise.all([
      options.vulnerabilities.get(feed)?.areOffered() ?? false,
      isSecure && (options.signatures.get(feed)?.areOffered() ?? false),
    ]);
    return {
      ...(knowsVulnerabilities && { vulnerabilities: `${base}${vulnerabilityIndexPath(at)}` }),
      ...(claimsSignatures && {
        repositorySignatures: signatureLevels.map((level) => ({
          level,
          address: `${base}${signaturesPath(at, level)}`,
        })),
      }),
    };
  };
}
