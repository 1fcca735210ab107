import test from 'ava';
import { detailsStampOf } from '../../src/nuget/details-stamp.js';

test('the address of details tells their time, other addresses tell none', (t) => {
  t.is(
    detailsStampOf('https://source.example/v3/catalog0/data/2024.05.17.09.30.12/alpha.1.0.0.json'),
    '2024.05.17.09.30.12',
  );
  for (const other of [
    'https://source.example/v3/catalog0/data/2024.05.17/alpha.json',
    'https://source.example/data/2024.05.17.09.30.12/deeper/alpha.json',
    'https://source.example/alpha',
    7,
    undefined,
  ])
    t.is(detailsStampOf(other), undefined);
});
