import test from 'ava';
import { nearestWord } from '../../src/config/nearest-word.js';

const keys = ['listen', 'publicUrl', 'store', 'sources', 'feeds'];

test('a slip of the finger finds the word', (t) => {
  t.is(nearestWord('souces', keys), 'sources');
  t.is(nearestWord('lisetn', keys), 'listen');
  t.is(nearestWord('PUBLICURL', keys), 'publicUrl');
  t.is(nearestWord('stores', keys), 'store');
});

test('another word finds none', (t) => {
  t.is(nearestWord('telemetry', keys), undefined);
  t.is(nearestWord('x', keys), undefined);
});
