import test from 'ava';
import { normalizedRange } from '../../src/nuget/version-range-text.js';

const cases: readonly (readonly [string | undefined, string])[] = [
  ['1.0', '[1.0.0, )'],
  [' 1.0.0.0 ', '[1.0.0, )'],
  ['[1.2]', '[1.2.0]'],
  ['[1.2,1.2.0]', '[1.2.0]'],
  ['[1.0,2.0)', '[1.0.0, 2.0.0)'],
  ['(1.0, 2.0]', '(1.0.0, 2.0.0]'],
  ['(,2.0)', '(, 2.0.0)'],
  ['[1.0.0-RC.1+meta, )', '[1.0.0-RC.1, )'],
  ['(1.0,)', '(1.0.0, )'],
  ['', '(, )'],
  [undefined, '(, )'],
  ['1.*', '1.*'],
  ['what', 'what'],
];

for (const [written, shown] of cases)
  test(`a nuspec's range ${JSON.stringify(written)} is shown as ${shown}`, (t) => {
    t.is(normalizedRange(written), shown);
  });
