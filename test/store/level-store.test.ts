import test from 'ava';
import { openLevelStore } from '../../src/store/level/open-level-store.js';
import { storeContract } from '../contract/store.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

storeContract(test, 'level', async (t) => {
  const store = await openLevelStore(await temporaryDirectory(t), { now: Date.now });
  t.teardown(() => store.close());
  return store;
});

// Without room in memory every read goes to the disk, which hides nothing.
storeContract(test, 'level without chunk cache', async (t) => {
  const noMemory = { chunkCacheBytes: 1, recentFactBytes: 1 };
  const store = await openLevelStore(await temporaryDirectory(t), { now: Date.now, ...noMemory });
  t.teardown(() => store.close());
  return store;
});
