import test from 'ava';

import { areaOf } from '../../src/http/area.js';
import { originForm } from '../../src/http/request-target.js';

const feeds = (...names: readonly string[]) => ({ kind: 'feeds', feeds: names });
const shared = { kind: 'shared' };

for (const [path, area] of [
  ['/v3/index.json', feeds('default')],
  ['/V3/flat/a/index.json?x=1', feeds('default')],
  ['/v3', feeds('default')],
  ['/v2/Packages()', feeds('default')],
  ['/api/v2/Packages()', feeds('default')],
  ['/symbols/a.pdb/1/a.pdb', feeds('default')],
  ['/feeds/team/v3/index.json', feeds('team')],
  ['/FEEDS/team/v2/', feeds('team')],
  ['/feeds/te%61m/v3/index.json', feeds('team')],
  ['/feeds/Team/v3/index.json', feeds('Team')],
  ['/feeds/te%2561m/v3/index.json', feeds('te%61m')],
  ['/feeds/a%2fteam/v3/index.json', feeds('a/team')],
  ['/feeds/%zz/v3/index.json', feeds('%zz')],
  ['/feeds', feeds('')],
  ['/feeds//team/v3/index.json', feeds('')],
  ['/feeds/../feeds/team/v3/index.json', feeds('..')],
  ['/feeds/team?feed=default', feeds('team')],
  ['/packages/alpha', feeds('default')],
  ['/packages/alpha?feed=team', feeds('team')],
  ['/packages/alpha?feed=team&f%65ed=default', feeds('team', 'default')],
  ['/api/explain/alpha?feed=team', feeds('team')],
  ['/api/status', shared],
  ['/api/status?q=feed', shared],
  ['/', shared],
  ['', shared],
  ['*', shared],
  ['//v3/index.json', shared],
  ['/%76%33/index.json', shared],
  ['/./v3/index.json', shared],
  ['/healthy', shared],
  ['//health/live', shared],
  ['/metrics', { kind: 'whole' }],
  ['/health/live', { kind: 'open' }],
  ['/Health/ready?x', { kind: 'open' }],
] as const)
  test(`${path === '' ? 'nothing' : path} lies in ${JSON.stringify(area)}`, (t) =>
    t.deepEqual(areaOf(path), area as never));

test('a target is brought into origin form, or refused', (t) => {
  for (const [target, form] of [
    ['/v3/index.json?a=%20#'.replace('#', ''), '/v3/index.json?a=%20'],
    ['http://host:1/v3/index.json', '/v3/index.json'],
    ['HTTPS://user@host?x', '/?x'],
    ['http://host', '/'],
    ['*', '*'],
    ['/a//b/../c', '/a//b/../c'],
    ['v3/index.json', undefined],
    ['', '/'],
    ['/a#b', undefined],
    ['/a\\b', undefined],
    ['http://host\\v3', undefined],
    ['/a b', undefined],
    ['/a\u00a0b', undefined],
    ['/a\tb', undefined],
    ['ftp://host/v3', undefined],
    ['host:443', undefined],
  ] as const)
    t.is(originForm(target), form, target);
});
