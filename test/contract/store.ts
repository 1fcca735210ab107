import type { ExecutionContext, TestFn } from 'ava';
import type { Store } from '../../src/feed/store.js';
import { factContract } from './fact-store.js';
import { packageContract } from './package-store.js';

/** Opens an empty store that is closed when the test ends. */
export type OpenStore = (t: ExecutionContext) => Promise<Store>;

/** What every store promises: each sentence of the port as a test. */
export function storeContract(test: TestFn, name: string, open: OpenStore): void {
  factContract(test, name, open);
  packageContract(test, name, open);

  test(`${name}: closing twice is closing once`, async (t) => {
    const store = await open(t);
    await store.close();
    await t.notThrowsAsync(() => store.close());
  });
}
