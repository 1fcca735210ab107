import test from 'ava';
import { parseAddress } from '../../src/nuget/parse-address.js';

const base = new URL('https://source.example/v3/');

test('an address reads the same however often addresses were read before', (t) => {
  // Enough for the reader to be optimised: that is where Node 20 begins to take Latin-1 for UTF-8.
  for (let i = 0; i < 100_000; i++) parseAddress(`https://source.example/${i & 7}`, base);
  t.is(parseAddress('http:\u00c3\u009f', base), undefined);
  t.is(parseAddress('https://\u00c3\u009f/'), undefined);
  t.is(parseAddress('https://\u00e9.example/')?.href, 'https://xn--9ca.example/');
  t.is(parseAddress('../caf\u00e9', base)?.href, 'https://source.example/caf%C3%A9');
});

test('what is no address is none', (t) => {
  for (const text of ['', 'x', 'https://', 'https://[::1', 'https://a:99999/', 'https://1.2.3.4.5/'])
    t.is(parseAddress(text), undefined, text);
});
