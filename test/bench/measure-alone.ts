import type { Figure } from './figure.js';
import { showRounds } from './round-display.js';
import type { Row } from './row.js';

/** Measures one figure. What breaks it is told in its row, and in full on the stream: the others are measured all the same. */
export async function measureAlone(
  figure: Figure,
  isQuick: boolean,
  stream: NodeJS.WriteStream,
): Promise<readonly Row[]> {
  const { id, name } = figure;
  const title = `${id} ${name}`;
  const display = showRounds(title, stream);
  try {
    return await figure.measure({ isQuick, onRound: display.onRound });
  } catch (error) {
    const { message, stack = message } = error instanceof Error ? error : new Error(String(error));
    stream.write(`\n${title}: ${stack}\n`);
    const nothing = { value: null, low: null, high: null, unit: '', target: null, peer: null } as const;
    return [{ id, name, ...nothing, better: 'lower', failed: message.split('\n')[0] ?? '' }];
  } finally {
    display.end();
  }
}
