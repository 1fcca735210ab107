import test from 'ava';
import { MemoryStore } from '../../src/store/memory-store.js';
import { storeContract } from '../contract/store.js';

storeContract(test, 'memory', async (t) => {
  const store = new MemoryStore();
  t.teardown(() => store.close());
  return store;
});
