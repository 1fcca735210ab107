import test from 'ava';

import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';

const widget = {
  id: 'Some.Widget',
  version: '2.0.0',
  dependencies: { 'Some.Part': '[1.0.0, )' },
  nuspecExtras: '<readme>docs/readme.md</readme>',
  files: { 'docs/readme.md': '# How to use it\n\nCall `Widget.Turn()`.' },
};

test('a package page tells versions, owners and dependencies, and fetches no package', async (t) => {
  const team = await startScriptedSource({ packages: [{ ...widget, version: '3.0.0-beta.1' }, widget] });
  const open = await startScriptedSource({ packages: [{ ...widget, version: '1.0.0', listed: false }] });
  t.teardown(() => Promise.all([team.close(), open.close()]));
  const larder = await startLarder(t, { sources: { team, open } });

  const page = await larder.get('packages/some.widget');
  t.is(page.status, 200);
  t.regex(String(page.headers['content-type']), /^text\/html/);
  const text = page.text();
  t.regex(text, /dotnet add package Some\.Widget --version 2\.0\.0/);
  t.regex(text, /href="\.\.\/packages\/Some\.Part"/);
  t.regex(text, /3\.0\.0-beta\.1<\/a>\s*<\/td>\s*<td>team<\/td>\s*<td>yes/);
  t.regex(text, /1\.0\.0<\/a>\s*<\/td>\s*<td>open<\/td>\s*<td>no/);
  t.regex(text, /not yet: it is fetched when it is asked for/);
  t.is(team.count('.nupkg') + open.count('.nupkg'), 0);

  const older = (await larder.get('packages/Some.Widget/1.0.0')).text();
  t.regex(older, /unlisted/);
  t.regex(older, /href="\.\.\/\.\.\/packages\/Some\.Widget\/2\.0\.0"/);
});

test('of a package that is kept, size, hash and readme are shown', async (t) => {
  const source = await startScriptedSource({ packages: [widget] });
  t.teardown(() => source.close());
  const larder = await startLarder(t, { sources: { source } });
  await larder.get('v3/flat/some.widget/2.0.0/some.widget.2.0.0.nupkg');
  const text = (await larder.get('packages/Some.Widget')).text();
  t.regex(text, /<h1>How to use it<\/h1>/);
  t.true(text.includes(source.package(widget.id, widget.version).sha512));
});

test('what cannot be shown is told on a page with the right status', async (t) => {
  const source = await startScriptedSource({ packages: [widget] });
  const larder = await startLarder(t, { sources: { source } });
  const statuses = async (...paths: string[]) =>
    Promise.all(paths.map(async (path) => (await larder.get(path)).status));
  t.deepEqual(
    await statuses(
      'packages/Unknown.Widget',
      'packages/Some.Widget/9.9.9',
      'packages/no%20id',
      'packages/Some.Widget/x',
    ),
    [404, 404, 400, 400],
  );
  t.deepEqual(await statuses('packages/Some.Widget?feed=none'), [404]);
  await source.close();
  const away = await larder.get('packages/Never.Asked');
  t.is(away.status, 503);
  t.regex(away.text(), /<h1>A source cannot be reached<\/h1>[^]*source/);
});

test('a named feed shows its own sources only', async (t) => {
  const team = await startScriptedSource({ packages: [widget] });
  const open = await startScriptedSource({ packages: [{ ...widget, version: '9.0.0' }] });
  t.teardown(() => Promise.all([team.close(), open.close()]));
  const feeds = [
    { name: 'default', sources: ['open'] },
    { name: 'team', sources: ['team'] },
  ];
  const larder = await startLarder(t, { sources: { team, open }, config: { feeds } });
  const text = (await larder.get('packages/Some.Widget?feed=team')).text();
  t.regex(text, /--version 2\.0\.0/);
  t.false(text.includes('9.0.0'));
  t.regex(text, /href="\.\.\/packages\/Some\.Part\?feed=team"/);
});

test('a search page shows what the feed finds, pre-releases too, and leads to the packages', async (t) => {
  const team = await startScriptedSource({ packages: [widget, { id: 'Some.Gadget', version: '1.0.0-beta.1' }] });
  t.teardown(() => team.close());
  const larder = await startLarder(t, { sources: { team } });
  const text = (await larder.get('packages?q=some')).text();
  t.regex(text, /2 packages, 1 to 2/);
  t.regex(text, /href="\.\/packages\/Some\.Widget"/);
  t.regex(text, /href="\.\/packages\/Some\.Gadget"/);
  t.regex((await larder.get('packages?q=nothing-like-it')).text(), /Nothing found/);
  t.is((await larder.get('packages?q=some&skip=x')).status, 400);
  t.is((await larder.get('packages?q=some&feed=none')).status, 404);
});
