/**
 * Where one of our own addresses belongs in a stored document. Our public base differs by request (host, feed, hive), so documents are
 * kept with one raw control byte in its place: JSON text never holds one of those inside a string, so a slot cannot be forged by content,
 * and filling it is no text replacement.
 */
export type Slot = 'registration' | 'flat' | 'details';

const slotByte: Record<Slot, number> = { registration: 0x01, flat: 0x02, details: 0x03 };
const highestSlotByte = 0x03;

/** An address of ours: the base to come, and the path below it. */
export class Address {
  constructor(
    readonly slot: Slot,
    readonly path: string,
  ) {}
}

/** The bases that fill the slots, each absolute and ending in `/`. */
export type Bases = Readonly<Record<Slot, string>>;

export type TemplateValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | Address
  | readonly TemplateValue[]
  | { readonly [key: string]: TemplateValue };

/** JSON text in which addresses are slots. Undefined members are left out. */
export function writeTemplate(value: TemplateValue): string {
  if (value instanceof Address)
    return `"${String.fromCharCode(slotByte[value.slot])}${JSON.stringify(value.path).slice(1)}`;
  if (Array.isArray(value)) return `[${value.map((element) => writeTemplate(element as TemplateValue)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const members: string[] = [];
    for (const [key, member] of Object.entries(value))
      if (member !== undefined) members.push(`${JSON.stringify(key)}:${writeTemplate(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** The template's bytes with every slot filled, appended to `into`. */
export function fillTemplate(template: Buffer, bases: FilledBases, into: Buffer[]): void {
  let from = 0;
  for (let i = 0; i < template.length; i++) {
    const byte = template[i] as number;
    if (byte > highestSlotByte) continue;
    const base = bases[byte];
    if (base === undefined) continue;
    if (i > from) into.push(template.subarray(from, i));
    into.push(base);
    from = i + 1;
  }
  if (from < template.length) into.push(template.subarray(from));
}

/** Bases as JSON-safe bytes by slot byte: prepared once per document. */
export type FilledBases = readonly (Buffer | undefined)[];

export function prepareBases(bases: Bases): FilledBases {
  const prepared: (Buffer | undefined)[] = [];
  for (const [slot, byte] of Object.entries(slotByte))
    prepared[byte] = Buffer.from(JSON.stringify(bases[slot as Slot]).slice(1, -1));
  return prepared;
}
