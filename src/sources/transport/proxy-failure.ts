/** The way to the source failed at its proxy, or behind it while connecting. */
export class ProxyFailureError extends Error {
  override readonly name = 'ProxyFailureError';
  /**
   * @param proxy its address without user info
   * @param status what the proxy answered when it did not let us through; absent when it did not answer
   */
  constructor(
    readonly proxy: string,
    readonly status: number | undefined,
    cause: unknown,
  ) {
    super('the proxy failed', { cause });
  }
}

/** What undici says of a proxy that answers our wish for a tunnel, or a request passed on by it, with something else than yes. */
export function proxyStatusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const [, tunnel, plain] =
    /^Proxy response \((\d{3})\) !== 200|^Proxy Authentication Required \((407)\)$/.exec(error.message) ?? [];
  const status = tunnel ?? plain;
  return status === undefined ? undefined : Number(status);
}
