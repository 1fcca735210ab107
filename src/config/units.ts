const msPerUnit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `MB` = 10^6 and `MiB` = 2^20: decimal unless it says otherwise, as in the International System and IEC 80000-13. */
const bytesPerUnit = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
} as const;

/** Milliseconds of `30s`, `1.5h`, `250ms`; a number, or digits alone, are milliseconds. `undefined` when it is no duration. */
export function parseDuration(value: string | number): number | undefined {
  return parseQuantity(value, msPerUnit, 'ms');
}

/** Bytes of `5GB` (10^9), `2MiB` (2^20); a number, or digits alone, are bytes. `undefined` when it is no size. */
export function parseSize(value: string | number): number | undefined {
  return parseQuantity(value, bytesPerUnit, 'b');
}

function parseQuantity<U extends string>(
  value: string | number,
  units: Readonly<Record<U, number>>,
  bare: U,
): number | undefined {
  const [, digits, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(String(value)) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const factor = new Map<string, number>(Object.entries(units)).get(unit === '' ? bare : unit.toLowerCase());
  if (factor === undefined) return undefined;
  const amount = Math.round(Number(digits) * factor);
  return Number.isSafeInteger(amount) ? amount : undefined;
}
