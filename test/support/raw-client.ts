import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import type { ExecutionContext } from 'ava';

/** A connection on which requests are written as they are, and answers read as they come. */
export interface RawClient {
  readonly socket: Socket;
  /** Writes a request, and reads its answer: head and body, in Latin-1. @param isBodiless nothing follows the head, whatever it says */
  ask(request: string, isBodiless?: boolean): Promise<string>;
  /** Reads one answer more. */
  read(isBodiless?: boolean): Promise<string>;
}

export async function rawClient(t: ExecutionContext, port: number): Promise<RawClient> {
  const socket = connect({ port, host: '127.0.0.1' });
  t.teardown(() => socket.destroy());
  await once(socket, 'connect');
  const pieces = socket.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer, undefined>;
  let unread = Buffer.alloc(0);
  const more = async () => {
    const piece = await pieces.next();
    if (piece.done === true) throw new Error(`closed after ${JSON.stringify(unread.toString('latin1'))}`);
    unread = Buffer.concat([unread, piece.value]);
  };
  const read = async (isBodiless = false) => {
    while (!unread.includes('\r\n\r\n')) await more();
    const headLength = unread.indexOf('\r\n\r\n') + 4;
    const [, length = '0'] = /^content-length: (\d+)/im.exec(unread.toString('latin1', 0, headLength)) ?? [];
    const wholeLength = headLength + (isBodiless ? 0 : Number(length));
    while (unread.length < wholeLength) await more();
    const answer = unread.toString('latin1', 0, wholeLength);
    unread = unread.subarray(wholeLength);
    return answer;
  };
  return {
    socket,
    read,
    ask(request, isBodiless) {
      socket.write(request);
      return read(isBodiless);
    },
  };
}
