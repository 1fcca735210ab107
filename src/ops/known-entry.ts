/** Flat, and never named like a secret. Members that are `undefined` do not show. */
export type KnownMembers = Readonly<Record<string, string | number | boolean | undefined>>;

/** What is known of an entry of the log before it is written, and may be the same in many. */
export class KnownEntry<Members extends KnownMembers = KnownMembers> {
  #members: string | undefined;
  #message: string | undefined;

  /** @param members not empty */
  constructor(
    readonly members: Members,
    readonly message: string,
  ) {}

  /** The rest of its line in JSON, behind level and time: joined as text, because a larger object made out of all costs more than writing it. */
  line(more: KnownMembers): string {
    this.#members ??= JSON.stringify(this.members).slice(1, -1);
    this.#message ??= JSON.stringify(this.message);
    let last = '';
    for (const name in more) {
      const value = more[name];
      if (value !== undefined) last += `,"${name}":${typeof value === 'string' ? JSON.stringify(value) : value}`;
    }
    return `${this.#members}${last},"msg":${this.#message}}\n`;
  }
}
