import test from 'ava';
import { firstLines } from '../../src/cli/first-lines.js';
import { configSchema } from '../../src/config/schema.js';

test('the line to paste names the feed and consents to plain http', (t) => {
  t.deepEqual(firstLines(configSchema.parse({}), 'http://127.0.0.1:6848'), [
    'Feed: http://127.0.0.1:6848/v3/index.json',
    'dotnet nuget add source http://127.0.0.1:6848/v3/index.json --name larder --allow-insecure-connections',
  ]);
});

test('https needs no consent, and the public address is the one that clients can use', (t) => {
  const config = configSchema.parse({ publicUrl: 'https://nuget.corp.example/sub' });
  t.deepEqual(firstLines(config, 'http://0.0.0.0:6848/'), [
    'Feed: https://nuget.corp.example/sub/v3/index.json',
    'dotnet nuget add source https://nuget.corp.example/sub/v3/index.json --name larder',
  ]);
});

test('where a key is needed the line has a place for it', (t) => {
  const config = configSchema.parse({
    access: { anonymousRead: false, keys: [{ name: 'a', key: 'not-to-be-shown' }] },
  });
  t.is(
    firstLines(config, 'https://h')[1],
    'dotnet nuget add source https://h/v3/index.json --name larder --username any --password YOUR_KEY --store-password-in-clear-text',
  );
});

test('without a feed called default the first one is named', (t) => {
  const config = configSchema.parse({ feeds: [{ name: 'team' }] });
  t.is(firstLines(config, 'http://h:1')[0], 'Feed: http://h:1/feeds/team/v3/index.json');
});
