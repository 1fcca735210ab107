import test from 'ava';
import { rowOf, skippedRows } from './row.js';
import { table } from './table.js';

const facts = { id: 'X1', name: 'a thing', unit: 'ms', better: 'lower', target: 10, peer: null } as const;

test('a row says the median, the spread and whether the target is met', (t) => {
  t.regex(table([rowOf(facts, [7, 3, 5])]), /^X1 +a thing +5 ms +3 to 7 +<= 10 +met$/m);
  t.regex(table([rowOf(facts, [12, 11, 3])]), /^X1 +a thing +11 ms +3 to 12 +<= 10 +missed$/m);
  const higher = { ...facts, better: 'higher' } as const;
  t.regex(table([rowOf(higher, [12])]), /12 to 12 +>= 10 +met$/m);
  t.regex(table([rowOf(higher, [9])]), /9 to 9 +>= 10 +missed$/m);
  t.regex(table([rowOf({ ...facts, target: null }, [5])]), /5 ms +5 to 5$/m);
});

test('what was measured quickly stands beside its target, and nothing is judged', (t) => {
  const quick = table([rowOf(facts, [12])], true);
  t.regex(quick, /^X1 +a thing +12 ms +12 to 12 +<= 10$/m);
  t.notRegex(quick, /\b(met|missed)\b/);
  t.regex(quick, /Nothing is judged\.$/m);
});

test('a row that was not measured says why, however long the reason, and widens no column', (t) => {
  const reason = 'a peer is missing: '.repeat(10);
  const [, skipped, measured] = table([...skippedRows([rowOf(facts, [])], reason), rowOf(facts, [5])]).split('\n');
  t.is(skipped, `X1  a thing  skipped  ${reason.trimEnd()}`);
  t.true((measured?.length ?? 0) < 80);
  const [failed] = table([{ ...rowOf(facts, []), failed: 'it broke' }])
    .split('\n')
    .slice(1);
  t.is(failed, 'X1  a thing  failed  it broke');
});
