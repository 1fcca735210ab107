const pattern = /\/data\/(\d{4}(?:\.\d\d){5})\/[^/]+$/;

/**
 * The time in the address of a catalog's details, `…/data/2024.05.17.09.30.12/alpha.1.0.0.json`. The page of a catalog and the entry of a
 * registration name the same address, so this tells how far a registration has followed its catalog. Sorts as text.
 */
export function detailsStampOf(address: unknown): string | undefined {
  return typeof address === 'string' ? pattern.exec(address)?.[1] : undefined;
}
