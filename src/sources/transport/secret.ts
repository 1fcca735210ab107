/** A text that may be replaced while we run: `look` finds out whether it was. A plain string never is. */
export type Secret = string | RotatingSecret;

export interface RotatingSecret {
  readonly text: string;
  /** @param isUrgent at once, and not only every few seconds */
  look(isUrgent?: boolean): Promise<void>;
}

export const textOf = (secret: Secret): string => (typeof secret === 'string' ? secret : secret.text);

/** Looks at those that can change. */
export async function lookAt(secrets: readonly Secret[], isUrgent: boolean): Promise<void> {
  for (const secret of secrets) if (typeof secret !== 'string') await secret.look(isUrgent);
}
