import Router from '@koa/router';

import type { FeedSignatures } from '../feed/feed-signatures.js';
import { renderRepositorySignatures, sha256Fingerprint } from '../nuget/repository-signatures.js';
import type { AppContext, AppState } from './app.js';
import { foundOr, sendFeedDocument } from './feed-documents.js';
import type { DocumentSending } from './feed-documents.js';
import { ofFeed } from './feed-of-request.js';
import { sendDocument, encodeBody } from './finished-document.js';
import { certificatePath, signatureLevels, signaturesPath } from './urls.js';

export interface SignatureOptions extends DocumentSending {
  /** By the feed's name. */
  readonly signatures: ReadonlyMap<string, FeedSignatures>;
}

const none = 'no source of this feed has such a certificate';

/** `RepositorySignatures` of all feeds at each level, and the certificates that they name. */
export function signatureRoutes(options: SignatureOptions): Router<AppState> {
  const router = new Router<AppState>();
  for (const prefix of ['', '/feeds/:feed']) {
    for (const level of signatureLevels)
      router.get(`${prefix}/v3/repository-signatures/${level}/index.json`, async (ctx: AppContext) => {
        const { of, at } = ofFeed(ctx, options.signatures);
        const base = options.publicBase(ctx.req);
        const { allRepositorySigned, certificates, ...told } = foundOr(await of.claim(), none);
        const body = renderRepositorySignatures(
          // Clients that read the older documents cannot bear true (`repository-signatures-resource.md`).
          { allRepositorySigned: level === '5.0.0' && allRepositorySigned, certificates },
          (certificate) => `${base}${certificatePath(at, sha256Fingerprint(certificate))}`,
        );
        const lifetimeMs = Math.max(0, told.freshUntilMs - told.checkedAtMs);
        const document = { ...told, body, lifetimeMs, staleBecause: [], leftOut: [] };
        await sendFeedDocument(ctx, document, signaturesPath(at, level), options);
      });
    router.get(`${prefix}/v3/repository-signatures/certificates/:file`, async (ctx: AppContext) => {
      const { of } = ofFeed(ctx, options.signatures);
      const { file = '' } = (ctx as AppContext & { params: Record<string, string | undefined> }).params;
      const { bytes, source } = foundOr(await of.certificate(file.toLowerCase().replace(/\.crt$/, '')), none);
      const finished = {
        ...(await encodeBody(bytes, 'identity')),
        contentType: 'application/x-x509-ca-cert',
        cacheControl: `${options.isPrivate(source) ? 'private' : 'public'}, max-age=31536000, immutable`,
        sources: source,
      };
      ctx.respond = false;
      const { trace } = ctx.state;
      sendDocument(ctx.req, ctx.res, finished, { state: undefined, nowMs: options.clock.now(), trace });
    });
  }
  return router;
}
