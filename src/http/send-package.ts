import type { IncomingMessage, ServerResponse } from 'node:http';

import fresh from 'fresh';

import { DownloadFailedError } from '../feed/download-failed.js';
import type { TakePiece } from '../feed/following.js';
import type { Offered } from '../feed/offered.js';
import type { Packages } from '../feed/packages.js';
import { readAll } from '../feed/read-all.js';
import { DamagedBlobError, UnreadableError } from '../feed/store.js';
import type { PackageRow } from '../feed/store.js';
import { requestedRange } from './byte-range.js';
import type { ByteRange } from './byte-range.js';
import { foundOr } from './feed-documents.js';
import { etagOf } from './hot-packages.js';
import type { HotPackages } from './hot-packages.js';
import { PieceWriter } from './piece-writer.js';
import { ProblemError } from './problem.js';
import type { Trace } from './trace.js';

/** Bytes of an id+version never change. */
const immutable = 'max-age=31536000, immutable';

interface Sending {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly trace: Trace;
  readonly packages: Packages;
  /** Whether the source's bytes were had with credentials: then no shared cache may keep them. */
  readonly isPrivate: (source: string) => boolean;
  readonly hotPackages: HotPackages;
  readonly feed: string;
  /** The package's address below the root, as we make it. */
  readonly ownPath: string;
}

/**
 * What came of it. Nothing was sent when the kept bytes proved `damaged` (they are forgotten: open the package again), or when the store
 * could not read them.
 */
export type Sent = 'sent' | 'damaged' | { readonly row: PackageRow; readonly unreadable: UnreadableError };

/**
 * Sends a package, whole or a range of it. Once bytes have gone out a failure destroys the socket: a clean end would make the client keep
 * a part for the whole.
 *
 * @throws DownloadFailedError when the download failed before anything was sent
 */
export async function sendPackage(offered: Offered, sending: Sending): Promise<Sent> {
  const { res, trace, packages, isPrivate, hotPackages, feed, ownPath: path } = sending;
  try {
    if (offered.kind === 'kept') {
      const { row, content } = offered;
      trace.cache = packages.offline ? 'OFFLINE' : 'HIT';
      trace.source = row.source;
      const lastModified = row.lastModified ?? new Date(row.cachedAtMs).toUTCString();
      const headers = {
        ETag: etagOf(row),
        'Last-Modified': lastModified,
        'Cache-Control': cacheControl(isPrivate(row.source)),
      };
      await sendBytes(sending, headers, row.size, (range, take) =>
        readAll(content.stream(range.start, range.end), take),
      );
      if (trace.bytes === row.size)
        hotPackages.remember({ row, content, feed, path, cacheControl: headers['Cache-Control'], lastModified, trace });
    } else {
      const { download, size, lastModified } = offered;
      trace.cache = 'MISS';
      trace.source = download.source;
      const headers = {
        ...(lastModified !== undefined && { 'Last-Modified': lastModified }),
        'Cache-Control': cacheControl(isPrivate(download.source)),
      };
      await sendBytes(sending, headers, size, (range, take) => download.read(range.start, range.end, take)).catch(
        // So far the size is only what the source announced: the range lies outside once the package proves to be so long.
        async (error: unknown) => {
          if (error instanceof ProblemError) foundOr(await download.outcome, error.message);
          throw error;
        },
      );
    }
    return 'sent';
  } catch (error) {
    const isDamaged = error instanceof DamagedBlobError;
    const isUnreadable = error instanceof UnreadableError;
    const row = isDamaged || isUnreadable ? await keptRow(offered) : undefined;
    if (isDamaged && row) await packages.forgetDamaged(row, error);
    if (isUnreadable && row) packages.noteUnreadable(row, error);
    if (!res.headersSent) {
      if (isDamaged) return 'damaged';
      if (isUnreadable && row) return { row, unreadable: error };
      throw error;
    }
    if (!isDamaged && !isUnreadable && !(error instanceof DownloadFailedError)) throw error;
    trace.code = isDamaged ? 'damaged' : isUnreadable ? 'store-failed' : 'download-failed';
    res.destroy();
    return 'sent';
  }
}

/** A late reader of a download reads what was kept of it. */
async function keptRow(offered: Offered): Promise<PackageRow | undefined> {
  if (offered.kind === 'kept') return offered.row;
  const outcome = await offered.download.outcome;
  return outcome.kind === 'found' ? outcome.value : undefined;
}

function cacheControl(isPrivate: boolean): string {
  return `${isPrivate ? 'private' : 'public'}, ${immutable}`;
}

async function sendBytes(
  { req, res, trace }: Sending,
  own: Readonly<Record<string, string>>,
  size: number | undefined,
  read: (range: ByteRange, take: TakePiece) => Promise<void>,
): Promise<void> {
  const headers: Record<string, string | number> = {
    ...own,
    ...(trace.cache && { 'X-Cache': trace.cache }),
    'X-Larder-Source': trace.source ?? '',
  };
  if (own['ETag'] !== undefined && fresh(req.headers, { etag: own['ETag'], 'last-modified': own['Last-Modified'] })) {
    res.writeHead(304, headers);
    res.end();
    return;
  }
  headers['Content-Type'] = 'application/octet-stream';
  headers['X-Content-Type-Options'] = 'nosniff';
  let range: ByteRange = { start: 0, end: size ?? Number.MAX_SAFE_INTEGER };
  let status = 200;
  if (size !== undefined) {
    headers['Accept-Ranges'] = 'bytes';
    const part = req.method === 'GET' ? requestedRange(req, size, own['ETag'], own['Last-Modified']) : undefined;
    if (part) {
      range = part;
      status = 206;
      headers['Content-Range'] = `bytes ${part.start}-${part.end - 1}/${size}`;
    }
    headers['Content-Length'] = range.end - range.start;
  }
  if (req.method === 'HEAD') {
    res.writeHead(status, headers);
    res.end();
    return;
  }
  const writer = new PieceWriter(res, trace, () => res.writeHead(status, headers));
  await read(range, writer.take);
  writer.end();
}
