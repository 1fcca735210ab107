import test from 'ava';

import { canMeasureMemory } from '../support/larder-process.js';
import { soak } from './soak.js';

(canMeasureMemory ? test : test.skip)(
  `mixed clients and failing sources: no wrong answer, and what the server holds stays${canMeasureMemory ? '' : ' — skipped: /proc is not here'}`,
  async (t) => {
    t.timeout(180_000);
    const seed = Number(process.env['TEST_SEED'] ?? Date.now() % 2 ** 31);
    const report = await soak({ seconds: 40, clients: 16, ids: 60, seed, tell: () => undefined });
    const { requests, statuses, troubles, growth, errors } = report;
    t.log(`seed ${seed}: ${requests} requests, ${JSON.stringify(statuses)}, ${troubles} troubles`);
    t.log(
      `grew by ${Math.round(growth.bytes / 1e6)} MB and ${growth.descriptors} descriptors; errors told: ${JSON.stringify(errors)}`,
    );
    t.deepEqual(report.wrong, []);
    t.true(requests > 500, 'hardly anything was asked');
    t.true((statuses['200'] ?? 0) > requests / 4, 'hardly anything was answered');
    t.true(troubles > 3);
    t.true(growth.descriptors < 200, `${growth.descriptors} descriptors more`);
  },
);
