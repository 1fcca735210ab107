import { Readable, pipeline } from 'node:stream';
import type { Transform } from 'node:stream';
import {
  brotliDecompressSync,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  gunzipSync,
  inflateRawSync,
  inflateSync,
} from 'node:zlib';
import type { ZlibOptions } from 'node:zlib';
import { SourceBrokeOff } from '../../feed/source.js';

const chunkSize = 65_536;
/** Most documents are small: their decoding takes less time than handing them to another thread does, let alone a stream. */
const maxAtOnceBytes = 16_384;
/** About a millisecond. */
const maxAtOnceDecodedBytes = 524_288;
/** More layers than any server means. */
const maxLayers = 3;

/** The layers of a `Content-Encoding`, in the order they were put on; `undefined` when one of them is unknown. */
export function readContentEncoding(header: string | undefined): readonly Encoding[] | undefined {
  const layers: Encoding[] = [];
  for (const part of header?.split(',') ?? []) {
    const name = part.trim().toLowerCase();
    if (name === '' || name === 'identity') continue;
    const encoding = encodings.get(name);
    if (encoding === undefined || layers.length === maxLayers) return undefined;
    layers.push(encoding);
  }
  return layers;
}

export type Encoding = 'gzip' | 'deflate' | 'br';

/** Takes the layers off. Bytes that are announced as gzip and are plain pass as they are. @throws SourceBrokeOff while read */
export function decodeBytes(
  bytes: AsyncIterable<Buffer>,
  layers: readonly Encoding[],
  source: string,
): AsyncIterable<Buffer> {
  return layers.toReversed().reduce((inner, encoding) => throughDecoder(inner, encoding, source), bytes);
}

/** Takes off a gzip layer that nobody announced. @throws SourceBrokeOff while read */
export function gunzipUnannounced(bytes: AsyncIterable<Buffer>, source: string): AsyncIterable<Buffer> {
  return throughDecoder(bytes, 'gzip', source);
}

const encodings: ReadonlyMap<string, Encoding> = new Map([
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['deflate', 'deflate'],
  ['br', 'br'],
]);

async function* throughDecoder(bytes: AsyncIterable<Buffer>, encoding: Encoding, source: string) {
  const { opening, whole } = await peek(bytes);
  const format = opening.length === 0 ? undefined : formatOf(encoding, opening);
  if (format === undefined) {
    yield* whole;
    return;
  }
  try {
    const { pieces, isWhole } = await begin(whole);
    const decoded = isWhole ? decodeAtOnce(Buffer.concat(pieces), format) : undefined;
    if (decoded !== undefined) yield decoded;
    else yield* decodeInPieces(resumed(pieces, whole), format);
  } catch (error) {
    throw error instanceof Error && isDecoderError(error) ? brokeOff(error, encoding, source) : error;
  }
}

/** How a small body is decoded, and how any other. */
interface Format {
  readonly atOnce: (bytes: Buffer, options: ZlibOptions) => Buffer;
  readonly inPieces: (options: ZlibOptions) => Transform;
}

const gzip: Format = { atOnce: gunzipSync, inPieces: createGunzip };
const deflate: Format = { atOnce: inflateSync, inPieces: createInflate };
const rawDeflate: Format = { atOnce: inflateRawSync, inPieces: createInflateRaw };
const brotli: Format = { atOnce: brotliDecompressSync, inPieces: createBrotliDecompress };

function formatOf(encoding: Encoding, [first = 0, second = 0]: Buffer): Format | undefined {
  switch (encoding) {
    case 'gzip':
      return first === 0x1f && second === 0x8b ? gzip : undefined;
    case 'deflate':
      // Servers disagree on whether "deflate" has a zlib header (RFC 9110, 8.4.1.2).
      return (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0 ? deflate : rawDeflate;
    case 'br':
      return brotli;
  }
}

/** @returns `undefined` when it becomes too large for that */
function decodeAtOnce(bytes: Buffer, { atOnce }: Format): Buffer | undefined {
  try {
    return atOnce(bytes, { maxOutputLength: maxAtOnceDecodedBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}

async function* decodeInPieces(bytes: AsyncGenerator<Buffer>, { inPieces }: Format): AsyncGenerator<Buffer> {
  const decoder = inPieces({ chunkSize });
  pipeline(Readable.from(bytes, { objectMode: false }), decoder, () => undefined);
  try {
    for await (const chunk of decoder) yield chunk as Buffer;
  } finally {
    decoder.destroy();
  }
}

/** As many pieces as make a small body, or all of them. */
async function begin(bytes: AsyncGenerator<Buffer>): Promise<{ pieces: readonly Buffer[]; isWhole: boolean }> {
  const pieces: Buffer[] = [];
  for (let length = 0; length <= maxAtOnceBytes;) {
    const next = await bytes.next();
    if (next.done === true) return { pieces, isWhole: true };
    pieces.push(next.value);
    length += next.value.length;
  }
  return { pieces, isWhole: false };
}

async function* resumed(pieces: readonly Buffer[], rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** The first bytes (two, unless there are fewer), and everything with those bytes in front again. */
async function peek(bytes: AsyncIterable<Buffer>): Promise<{ opening: Buffer; whole: AsyncGenerator<Buffer> }> {
  const rest = bytes[Symbol.asyncIterator]();
  let opening: Buffer = Buffer.alloc(0);
  while (opening.length < 2) {
    const next = await rest.next();
    if (next.done === true) break;
    opening = opening.length === 0 ? next.value : Buffer.concat([opening, next.value]);
  }
  return { opening, whole: joined(opening, rest) };
}

async function* joined(opening: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (opening.length > 0) yield opening;
    for (;;) {
      const next = await rest.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}

function isDecoderError(error: Error): boolean {
  return 'errno' in error && 'code' in error && /^(Z_|ERR_)/.test(String(error.code));
}

function brokeOff(error: Error, encoding: Encoding, source: string): SourceBrokeOff {
  const isCut = 'code' in error && error.code === 'Z_BUF_ERROR';
  return new SourceBrokeOff({
    source,
    code: isCut ? 'source-failed' : 'source-refused',
    detail: isCut ? `its ${encoding} answer ends in the middle` : `its answer is not the ${encoding} that it says`,
  });
}
