import test from 'ava';
import fc from 'fast-check';

import { callersOf, nobody, readableSources } from '../../src/policy/access.js';
import type { AccessKey } from '../../src/policy/access.js';

const key = (name: string, feeds?: readonly string[]): AccessKey => ({ name, scopes: ['read'], feeds });
const holder = (anonymousRead: boolean, ...keys: readonly AccessKey[]) => {
  const found = callersOf({ anonymousRead, keys }).byKey.get(keys[0]?.name ?? '');
  if (!found) throw new Error('no such key');
  return found;
};

test('who sends no key may read everything where anonymous reading is allowed, and nothing elsewhere', (t) => {
  for (const anonymousRead of [true, false]) {
    const { anonymous } = callersOf({ anonymousRead, keys: [key('ci')] });
    t.is(anonymous.standing, 'anonymous');
    t.is(anonymous.mayRead('default'), anonymousRead);
    t.is(anonymous.mayReadAny, anonymousRead);
    t.is(anonymous.mayReadAll, anonymousRead);
  }
});

test('a key without feeds reads all of them, those that do not exist too: there it learns that they do not', (t) => {
  const ci = holder(false, key('ci'));
  t.like(ci, { standing: 'key', key: 'ci', mayReadAny: true, mayReadAll: true });
  t.true(ci.mayRead('default'));
  t.true(ci.mayRead('nowhere'));
});

test('a key with feeds reads these and no others, and does not learn which others there are', (t) => {
  const team = holder(false, key('team', ['team', 'shared']));
  t.like(team, { mayReadAny: true, mayReadAll: false });
  t.deepEqual(
    ['team', 'shared', 'default', 'nowhere', 'Team', '', '__proto__'].map((feed) => team.mayRead(feed)),
    [true, true, false, false, false, false, false],
  );
});

test('a key never takes away what may be read without one', (t) => {
  const team = holder(true, key('team', ['team']));
  t.true(team.mayRead('default'));
  t.true(team.mayReadAll);
  t.is(team.key, 'team');
});

test('nobody reads nothing', (t) => {
  t.false(nobody.mayRead('default'));
  t.false(nobody.mayReadAny);
  t.false(nobody.mayReadAll);
});

test('a source is told of to those who may read a feed that has it', (t) => {
  const feeds = [
    { name: 'default', sources: ['public'] },
    { name: 'team', sources: ['internal', 'public'] },
    { name: 'secret', sources: ['vault'] },
  ];
  const told = (caller: Parameters<typeof readableSources>[0]) => [...readableSources(caller, feeds)].sort();
  t.deepEqual(told(nobody), []);
  t.deepEqual(told(holder(false, key('a', ['default']))), ['public']);
  t.deepEqual(told(holder(false, key('a', ['team', 'default']))), ['internal', 'public']);
  t.deepEqual(told(holder(false, key('a'))), ['internal', 'public', 'vault']);
  t.deepEqual(told(callersOf({ anonymousRead: true, keys: [] }).anonymous), ['internal', 'public', 'vault']);
});

test('whatever the rules: reading all implies reading any, and a named feed is read only by its keys', (t) => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const keys = fc.uniqueArray(
    fc.record({ name: fc.string({ minLength: 1 }), feeds: fc.option(fc.uniqueArray(name, { minLength: 1 })) }),
    { selector: ({ name }) => name },
  );
  fc.assert(
    fc.property(fc.boolean(), keys, name, (anonymousRead, drawn, feed) => {
      const rules = drawn.map(({ name, feeds }) => key(name, feeds ?? undefined));
      const { anonymous, byKey } = callersOf({ anonymousRead, keys: rules });
      for (const rule of rules) {
        const caller = byKey.get(rule.name);
        if (!caller) return false;
        if (caller.mayRead(feed) !== (anonymousRead || rule.feeds === undefined || rule.feeds.includes(feed)))
          return false;
        if (caller.mayReadAll && !(caller.mayReadAny && caller.mayRead(feed))) return false;
        if (anonymous.mayRead(feed) && !caller.mayRead(feed)) return false;
      }
      return true;
    }),
  );
  t.pass();
});
