import { comparedRows, loadBoth, noCosts } from './compared-load.js';
import { besideNginx } from './contestants.js';
import type { Figure } from './figure.js';
import { listedPath, startListingSource } from './listed-id.js';
import { whyMissing } from './missing-tool.js';
import { whyNoNginx } from './nginx.js';
import { skippedRows } from './row.js';
import { warmBoth } from './same-answer.js';

const comparison = { figure: 'P1', letters: 'abcdef', what: 'cached 3 KB document', target: 0.9 };

/**
 * A version list that both have in their caches, asked for by `wrk` on 32 connections that stay open. Each server is one process, kept on one
 * processor; the load on another (`pinned.ts`).
 */
export const cachedDocument: Figure = {
  id: 'P1',
  name: 'a cached document',
  async measure({ isQuick, onRound }) {
    const reason = (await whyNoNginx()) ?? (await whyMissing('wrk'));
    if (reason !== undefined) return skippedRows(comparedRows(comparison, noCosts), reason);
    const [warmUps, rounds] = isQuick ? [0, 2] : [2, 9];
    const load = { connections: 32, seconds: isQuick ? 1 : 3 };
    const source = await startListingSource();
    try {
      return await besideNginx(source.url, async (contest) => {
        await warmBoth(contest, listedPath);
        const told = { warmUps, rounds, onRound: (round: number) => onRound?.(round, rounds) };
        return comparedRows(comparison, await loadBoth(contest, listedPath, load, told));
      });
    } finally {
      await source.close();
    }
  },
};
