import { Presets, SingleBar } from 'cli-progress';

/** Shows which figure is measured and how far it is. */
export interface RoundDisplay {
  readonly onRound: (round: number, of: number) => void;
  end(): void;
}

/** A bar on a terminal, a line for every round elsewhere. A round may be told more than once. */
export function showRounds(title: string, stream: NodeJS.WriteStream): RoundDisplay {
  return stream.isTTY ? bar(title, stream) : lines(title, stream);
}

function bar(title: string, stream: NodeJS.WriteStream): RoundDisplay {
  const shown = new SingleBar(
    { stream, hideCursor: true, clearOnComplete: true, format: `${title} {bar} round {round} of {total}` },
    Presets.shades_classic,
  );
  shown.start(1, 0, { round: 1 });
  return {
    onRound: (round, of) => {
      shown.setTotal(of);
      shown.update(round - 1, { round });
    },
    end: () => shown.stop(),
  };
}

function lines(title: string, stream: NodeJS.WriteStream): RoundDisplay {
  let told = 0;
  stream.write(`${title}\n`);
  return {
    onRound: (round, of) => {
      if (round === told) return;
      told = round;
      stream.write(`${title}: round ${round} of ${of}\n`);
    },
    end: () => undefined,
  };
}
