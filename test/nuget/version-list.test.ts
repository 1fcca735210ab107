import test from 'ava';

import { mergeVersions } from '../../src/nuget/version-list.js';

const show = (versions: ReturnType<typeof mergeVersions>) =>
  versions.map(({ version, source, isHeld, isGone }) =>
    [version, source, isHeld && 'held', isGone && 'gone'].filter(Boolean).join(' '),
  );
const lists = [
  { source: 'near', versions: ['1.0.0', '3.0.0-rc', '10.0.0'] },
  { source: 'far', versions: ['1.0.0', '2.0.0', '3.0.0-rc', '3.0.0'] },
];

test('versions unite ascending, and the first source in order owns', (t) => {
  t.deepEqual(show(mergeVersions(lists)), ['1.0.0 near', '2.0.0 far', '3.0.0-rc near', '3.0.0 far', '10.0.0 near']);
  t.deepEqual(mergeVersions([]), []);
});

test('a version that is held stays with the source that supplied it, whatever the order says', (t) => {
  const held = [{ version: '1.0.0', source: 'far' }];
  t.deepEqual(show(mergeVersions(lists, held)).slice(0, 2), ['1.0.0 far held', '2.0.0 far']);
});

test('a version that is held stays when its source lists it no more, and is told as gone', (t) => {
  const held = [
    { version: '4.0.0', source: 'near' },
    { version: '0.9.0-b', source: 'far' },
    { version: '3.0.0', source: 'near' },
  ];
  t.deepEqual(show(mergeVersions(lists, held)), [
    '0.9.0-b far held gone',
    '1.0.0 near',
    '2.0.0 far',
    '3.0.0-rc near',
    '3.0.0 near held gone',
    '4.0.0 near held gone',
    '10.0.0 near',
  ]);
});

test('a version that is held is not told as gone while its source has not been heard', (t) => {
  t.deepEqual(show(mergeVersions([lists[1]!], [{ version: '1.0.0', source: 'near' }]))[0], '1.0.0 near held');
});

test('a source whose package cannot be had does not own: the next that lists it does, and without one it is not listed', (t) => {
  const isAbsent = (source: string, version: string) =>
    source === 'near' && (version === '1.0.0' || version === '10.0.0');
  t.deepEqual(show(mergeVersions(lists, [], isAbsent)), ['1.0.0 far', '2.0.0 far', '3.0.0-rc near', '3.0.0 far']);
});

test('a version that was held once stays with the source that supplied it, as long as that lists it', (t) => {
  const bound = [
    { version: '1.0.0', source: 'far' },
    { version: '2.0.0', source: 'near' },
    { version: '7.0.0', source: 'far' },
  ];
  const owned = (isAbsent?: (source: string, version: string) => boolean) =>
    show(mergeVersions(lists, [], isAbsent, bound));
  t.deepEqual(owned().slice(0, 2), ['1.0.0 far', '2.0.0 far']);
  t.false(
    owned().some((one) => one.startsWith('7.0.0')),
    'what nobody lists is not shown for it',
  );
  t.is(owned((source, version) => source === 'far' && version === '1.0.0')[0], '1.0.0 near');
  const held = [{ version: '1.0.0', source: 'near' }];
  t.is(show(mergeVersions(lists, held, undefined, bound))[0], '1.0.0 near held');
});
