import type { Clock } from '../ops/clock.js';

/** One who reads a download while it arrives. */
export interface Follower {
  /** Bytes that it has taken, from the beginning of the package. */
  offset: number;
  /** It has taken all there is and waits for more. */
  isWaiting: boolean;
}

interface Member extends Follower {
  offsetBefore: number;
  patienceMs: number;
}

/** So many at different places of a package hold little memory, however far behind they are: then nothing waits for anyone. */
const fewFollowers = 32;
/** How far the download may be ahead of its followers, in bytes: less than what the store keeps in memory. */
const leadBytes = 4 * 1024 * 1024;
/** Who holds up the others for so long, or stands still for so long, is left behind and reads on from the store. */
const patienceMs = 1000;
const lookEveryMs = 20;

/**
 * Keeps a download near its followers when they are many, so that what they read is in memory once for all of them. Spread over the
 * whole package, hundreds of them would read it from the store again and again.
 */
export class Convoy {
  readonly #members = new Set<Member>();

  constructor(private readonly clock: Clock) {}

  join(offset: number): Follower {
    const member: Member = { offset, isWaiting: false, offsetBefore: offset, patienceMs };
    this.#members.add(member);
    return member;
  }

  leave(follower: Follower): void {
    this.#members.delete(follower as Member);
  }

  /** Resolves when a download that has `received` bytes may go on. */
  async near(received: number): Promise<void> {
    for (;;) {
      const late = this.#late(received);
      if (late.length === 0) return;
      for (const member of late) member.offsetBefore = member.offset;
      await this.clock.sleep(lookEveryMs);
      const isHeldUp = this.#isAnyWaiting();
      for (const member of late)
        if (isHeldUp || member.offset === member.offsetBefore) member.patienceMs -= lookEveryMs;
    }
  }

  #late(received: number): Member[] {
    const late: Member[] = [];
    if (this.#members.size > fewFollowers)
      for (const member of this.#members)
        if (member.patienceMs > 0 && received - member.offset > leadBytes) late.push(member);
    return late;
  }

  #isAnyWaiting(): boolean {
    for (const member of this.#members) if (member.isWaiting) return true;
    return false;
  }
}
