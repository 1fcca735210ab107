/** Something that runs until it is told to stop. */
export interface Running {
  /** Settles when it stopped, by itself or because it was told to; rejects when it broke. */
  readonly closed: Promise<void>;
  /** Finishes what was begun and stops. */
  shutdown(): Promise<void>;
}

const stopSignals = ['SIGTERM', 'SIGINT'] as const;
/** Shells report a process that a signal ended as 128 and the signal's number. */
const killedExitCode = { SIGTERM: 143, SIGINT: 130 } as const;

/**
 * Waits until `running` has stopped. The first SIGTERM or SIGINT shuts it down; the second ends the process at once.
 * @param onStop told of the first signal
 * @throws what broke it
 */
export async function untilStopped(running: Running, onStop: (signal: string) => void = () => {}): Promise<void> {
  let stopping: Promise<void> | undefined;
  const { promise: failed, reject } = deferredFailure();
  const stop = (signal: (typeof stopSignals)[number]) => {
    if (stopping) process.exit(killedExitCode[signal]);
    onStop(signal);
    stopping = running.shutdown();
    stopping.catch(reject);
  };
  for (const signal of stopSignals) process.on(signal, stop);
  try {
    await Promise.race([running.closed, failed]);
    await stopping;
  } finally {
    for (const signal of stopSignals) process.off(signal, stop);
  }
}

function deferredFailure(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<never>((_resolve, rejectPromise) => {
    reject = rejectPromise;
  });
  return { promise, reject };
}
