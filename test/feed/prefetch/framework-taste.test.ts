import test from 'ava';

import { FrameworkTaste } from '../../../src/feed/prefetch/framework-taste.js';
import { PackageId } from '../../../src/nuget/package-id.js';
import { ManualClock } from '../../support/larder.js';

const group = (targetFramework: string | undefined, ...ids: string[]) => ({
  ...(targetFramework !== undefined && { targetFramework }),
  dependencies: ids.map((id) => ({ id, range: '1.0.0' })),
});
const idsOf = (taste: FrameworkTaste, groups: readonly ReturnType<typeof group>[]) =>
  taste.choose(groups).map(({ id }) => id);

const all = [
  group('.NETFramework4.6.2', 'Old'),
  group('netstandard1.3', 'Ancient'),
  group('.NETStandard2.0', 'Standard'),
  group('net6.0', 'Six'),
  group('net8.0', 'Eight'),
  group('net8.0-windows7.0', 'Windows'),
];

test('of many groups those of .NET count; which of them is not known', (t) => {
  t.deepEqual(idsOf(new FrameworkTaste(new ManualClock()), all), ['Six', 'Eight']);
});

for (const [what, groups, chosen] of [
  ['.NET Standard 2 where there is no .NET', [all[0], all[1], all[2]], ['Standard']],
  [
    '.NET Core before .NET Standard',
    [all[2], group('netcoreapp3.1', 'Core'), group('netcoreapp2.1', 'Older')],
    ['Core'],
  ],
  ['.NET Standard 1 where there is nothing newer', [all[0], all[1]], ['Ancient']],
  ['the group for all where nothing else fits', [all[0], group(undefined, 'All')], ['All']],
  ['nothing of .NET Framework alone', [all[0]], []],
] as const)
  test(`else ${what}`, (t) => {
    const given = groups.flatMap((one) => (one ? [one] : []));
    t.deepEqual(idsOf(new FrameworkTaste(new ManualClock()), given), [...chosen]);
  });

test('a family is followed while clients ask for ids that only it needs, and is forgotten after ten minutes', (t) => {
  const clock = new ManualClock();
  const taste = new FrameworkTaste(clock);
  const groups = [group('net462', 'Old.A', 'Old.B', 'Shared'), group('net8.0', 'Shared')];
  t.deepEqual(idsOf(taste, groups), ['Shared']);
  taste.asked(PackageId.parse('Shared'));
  taste.asked(PackageId.parse('old.a'));
  taste.asked(PackageId.parse('old.a'));
  t.deepEqual(idsOf(taste, groups), ['Shared'], 'one id may have been asked for on its own');
  taste.asked(PackageId.parse('Old.B'));
  t.deepEqual(idsOf(taste, groups), ['Shared', 'Old.A', 'Old.B', 'Shared']);
  clock.advance(600_000);
  t.deepEqual(idsOf(taste, groups), ['Shared']);
});
