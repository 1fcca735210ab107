import test from 'ava';
import { ForbiddenAddressError, Route } from '../../../src/sources/transport/redirect.js';

const start = new URL('https://feed.example/v3/index.json');
const forbidden = { instanceOf: ForbiddenAddressError };

test('a redirect is resolved against where it came from, its user info and fragment dropped', (t) => {
  const route = new Route(start, true);
  route.follow('../other?x=1#part');
  t.is(route.current.href, 'https://feed.example/other?x=1');
  route.follow('https://user:secret@store.example/blob');
  t.is(route.current.href, 'https://store.example/blob');
});

test('five redirects are followed, the sixth is not', (t) => {
  const route = new Route(start, true);
  for (let i = 1; i <= 5; i++) route.follow(`/${i}`);
  t.is(route.current.pathname, '/5');
  t.regex(t.throws(() => route.follow('/6'), forbidden).message, /more than 5 times/);
});

for (const [name, location, message] of [
  ['from https to http', 'http://feed.example/', /from https to http/],
  ['in a circle', '/v3/index.json', /in a circle/],
  ['without an address', undefined, /without saying where/],
  ['to what is no address', 'http://[', /without saying where/],
  ['out of the web', 'file:///etc/passwd', /neither http nor https/],
] as const)
  test(`a redirect ${name} is not followed`, (t) => {
    const route = new Route(start, true);
    t.regex(t.throws(() => route.follow(location), forbidden).message, message);
  });

test('an https source does not lead to http through its index, an http source leads anywhere', (t) => {
  t.throws(() => new Route(new URL('http://feed.example/flat'), true), forbidden);
  const route = new Route(new URL('http://feed.example/flat'), false);
  route.follow('https://store.example/');
  t.throws(() => route.follow('http://store.example/plain'), forbidden);
});
