import { Presets, SingleBar } from 'cli-progress';

import type { Progress, TellProgress } from '../feed/maintenance.js';
import { amountOf } from './amount.js';

/** Without a terminal a line is printed this often, in milliseconds. */
const plainEveryMs = 5_000;

/** Shows how work goes on: a bar on a terminal, a line now and then elsewhere, nothing when `isSilent`. */
export function showProgress(
  title: string,
  stream: NodeJS.WriteStream,
  isSilent: boolean,
): { readonly tell: TellProgress; end(): void } {
  if (isSilent) return { tell: () => undefined, end: () => undefined };
  return stream.isTTY ? bar(title, stream) : plain(title, stream);
}

function bar(title: string, stream: NodeJS.WriteStream) {
  const shown = new SingleBar(
    {
      stream,
      hideCursor: true,
      clearOnComplete: true,
      etaBuffer: 100,
      format: `${title} {bar} {percentage}% | {amount} | {eta_formatted} left`,
    },
    Presets.shades_classic,
  );
  let isShown = false;
  return {
    tell: (progress: Progress) => {
      const { done, total } = progress;
      const amount = { amount: amountOf(progress) };
      if (isShown) {
        shown.setTotal(total);
        shown.update(done, amount);
      } else shown.start(total, done, amount);
      isShown = true;
    },
    end: () => {
      if (isShown) shown.stop();
    },
  };
}

function plain(title: string, stream: NodeJS.WriteStream) {
  let toldAtMs = performance.now();
  return {
    tell: (progress: Progress) => {
      const nowMs = performance.now();
      if (nowMs - toldAtMs < plainEveryMs) return;
      toldAtMs = nowMs;
      stream.write(`${title}: ${amountOf(progress)}\n`);
    },
    end: () => undefined,
  };
}
