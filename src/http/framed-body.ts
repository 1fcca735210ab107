import type { Socket } from 'node:net';

/** More than any head of ours takes, in bytes. */
export const headRoomBytes = 1_024;

/** A body with room in front of it for a head, so that both are one piece for the kernel and nothing is joined or copied for each answer. */
export class FramedBody {
  readonly body: Buffer;
  readonly #frame: Buffer;
  #head = '';
  #whole: Buffer;
  #underWay = 0;
  readonly #onWritten = () => void this.#underWay--;

  /** @param length of the body, in bytes, which are for the caller to write */
  constructor(length: number) {
    this.#frame = Buffer.allocUnsafeSlow(headRoomBytes + length);
    this.body = this.#whole = this.#frame.subarray(headRoomBytes);
  }

  /**
   * Writes both, unless the connection takes nothing or another head is still on its way to a slow client: that one must not change.
   * @param head in Latin-1, its empty line included
   * @returns whether it did
   */
  write(socket: Socket, head: string): boolean {
    if (!socket.writable) return false;
    if (head !== this.#head) {
      if (this.#underWay > 0 || head.length > headRoomBytes) return false;
      const start = headRoomBytes - head.length;
      this.#frame.write(head, start, 'latin1');
      this.#whole = this.#frame.subarray(start);
      this.#head = head;
    }
    this.#underWay++;
    socket.write(this.#whole, this.#onWritten);
    return true;
  }
}
