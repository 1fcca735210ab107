import { performance } from 'node:perf_hooks';
import { readCatalogIndex } from '../../src/sources/v3/catalog-document.js';
import type { Figure } from './figure.js';
import { longestBlockMs } from './loop-block.js';
import { rowOf } from './row.js';

const pieceBytes = 64 * 1024;

/** The index of a catalog somewhat larger than nuget.org's, its pages in no order, in pieces as they come from a socket. */
export const catalogIndex: Figure = {
  id: 'C1',
  name: 'catalog index',
  async measure({ isQuick, onRound }) {
    const index = makeIndex(isQuick ? 1_000 : 25_000);
    const rounds = isQuick ? 2 : 15;
    const warmUps = isQuick ? 0 : 5;
    const blocksMs: number[] = [];
    const cpuMs: number[] = [];
    for (let round = -warmUps; round < rounds; round++) {
      onRound?.(Math.max(0, round) + 1, rounds);
      const before = process.cpuUsage();
      const startedAtMs = performance.now();
      const blockMs = await longestBlockMs(() =>
        readCatalogIndex(pieces(index), { after: '', notAfter: '2100-01-01T00:00:00.0000000Z' }, 51),
      );
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      blocksMs.push(blockMs);
      cpuMs.push(Math.min((user + system) / 1_000, performance.now() - startedAtMs));
    }
    const what = `${(index.length / 1e6).toFixed(1)} MB`;
    const facts = { unit: 'ms', better: 'lower', peer: null } as const;
    return [
      rowOf({ ...facts, id: 'C1a', name: `catalog index of ${what}: longest block of the loop`, target: 10 }, blocksMs),
      rowOf({ ...facts, id: 'C1b', name: `catalog index of ${what}: time to read`, target: null }, cpuMs),
    ];
  },
};

function makeIndex(pages: number): Buffer {
  const items = Array.from({ length: pages }, (_, i) => ({
    '@id': `https://source.example/v3/catalog0/page${(i * 7_919) % pages}.json`,
    '@type': 'CatalogPage',
    commitId: '4b2c9f1e-7a50-4a36-9a70-3a8a3d1f0c55',
    commitTimeStamp: new Date(Date.UTC(2015, 1, 1) + ((i * 7_919) % pages) * 14_400_000).toISOString(),
    count: 550,
  }));
  return Buffer.from(JSON.stringify({ '@type': ['CatalogRoot'], count: pages, items }));
}

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
