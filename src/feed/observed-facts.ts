import type { FactKey, FactStore } from './store.js';

/** The store, telling of each fact that was written. `onWritten` must not throw. */
export function observedFacts(facts: FactStore, onWritten: (key: FactKey) => void): FactStore {
  return {
    read: (key) => facts.read(key),
    readPart: (fact, part) => facts.readPart(fact, part),
    confirm: (fact, checkedAtMs) => facts.confirm(fact, checkedAtMs),
    remove: (key) => facts.remove(key),
    list: (kind) => facts.list(kind),
    write: async (key, fact) => {
      const written = await facts.write(key, fact);
      onWritten(key);
      return written;
    },
  };
}
