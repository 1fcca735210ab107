import type { ReasonCode } from '../../feed/answer.js';

/** One HTTP request to a source and what came of it; redirects are exchanges of their own. */
export interface Exchange {
  /** By name. */
  readonly source: string;
  readonly carries: 'document' | 'package';
  /** Absent when no answer came. */
  readonly status?: number;
  /** Body bytes as received, before decoding. */
  readonly bytes: number;
  /** From asking to the answer's headers, or to the failure. */
  readonly headersMs: number;
  /** From asking to the end of the body, or to where reading was given up. */
  readonly totalMs: number;
  /** What went wrong on the source's side, where something did; one whose asker gave up has none. */
  readonly failure?: ReasonCode;
}

/** Told once for each exchange, when it is over. Must not throw. */
export type ExchangeObserver = (exchange: Exchange) => void;

/** Collects one exchange's figures. */
export class ExchangeRecord {
  readonly #startedAt = performance.now();
  #headersMs: number | undefined;
  #status: number | undefined;
  #isOver = false;
  bytes = 0;

  constructor(
    private readonly source: string,
    private readonly carries: Exchange['carries'],
    private readonly observe: ExchangeObserver | undefined,
    private readonly onOver: () => void = () => undefined,
  ) {}

  answered(status: number): void {
    this.#status = status;
    this.#headersMs = this.#elapsedMs();
  }

  /** Idempotent: the first end counts. */
  over(failure?: ReasonCode): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onOver();
    const totalMs = this.#elapsedMs();
    this.observe?.({
      source: this.source,
      carries: this.carries,
      bytes: this.bytes,
      headersMs: this.#headersMs ?? totalMs,
      totalMs,
      ...(this.#status !== undefined && { status: this.#status }),
      ...(failure !== undefined && { failure }),
    });
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }
}
