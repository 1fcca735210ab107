import test from 'ava';

import { html } from '../../src/ui/html.js';
import { packagePage } from '../../src/ui/package-page.js';
import type { ShownPackage } from '../../src/ui/package-page.js';
import { renderReadme } from '../../src/ui/readme.js';
import { searchPage } from '../../src/ui/search-page.js';

const hostile = `"><script>alert(1)</script>'&`;

const shown: ShownPackage = {
  root: '../',
  feedUrl: 'http://larder.test/v3/index.json',
  id: 'Some.Package',
  version: '1.2.0',
  listed: true,
  source: 'internal',
  tags: [],
  vulnerabilities: [],
  dependencies: [],
  versions: [{ version: '1.2.0', listed: true, source: 'internal' }],
};

test('whatever stands in a package is shown, never run', (t) => {
  const pages = [
    packagePage({
      ...shown,
      id: hostile,
      description: hostile,
      authors: hostile,
      tags: [hostile],
      projectUrl: `javascript:${hostile}`,
      licenseUrl: hostile,
      warning: hostile,
      deprecation: { reasons: [hostile], message: hostile, alternate: hostile },
      vulnerabilities: [{ advisoryUrl: `javascript:${hostile}`, severity: hostile }],
      dependencies: [{ framework: hostile, packages: [{ id: hostile, range: hostile }] }],
      kept: {
        bytes: 1,
        sha512: hostile,
        readme: `${hostile}\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)>`,
      },
      versions: [{ version: hostile, listed: false, source: hostile }],
    }),
    searchPage({
      root: './',
      q: hostile,
      prerelease: true,
      skip: 0,
      take: 20,
      total: 1,
      hits: [{ id: hostile, version: hostile, description: hostile, authors: hostile }],
      warning: hostile,
    }),
  ];
  for (const page of pages) {
    t.false(page.includes('<script'));
    t.false(page.includes('<img'));
    t.notRegex(page, /href="\s*javascript:/i);
    t.false(page.includes(hostile));
  }
});

test('markup is kept, text is escaped, nothing is written for nothing', (t) => {
  t.is(
    html`<p>${'<b>'}${html`<i>${1}</i>`}${undefined}${false}${['a', '&']}</p>`.text,
    '<p>&lt;b&gt;<i>1</i>a&amp;</p>',
  );
});

test('a readme is rendered: headings, code, links to the web; pictures by name, other links lead nowhere', (t) => {
  const { text } = renderReadme(
    '# Title\n\n`code` [web](https://example.org/x) [file](docs/a.md) ![logo](https://example.org/l.png)',
  );
  t.regex(text, /<h1>Title<\/h1>/);
  t.regex(text, /<code>code<\/code>/);
  t.regex(text, /<a href="https:\/\/example\.org\/x" rel="noopener noreferrer nofollow">web<\/a>/);
  t.regex(text, /<a href="#"[^>]*>file<\/a>/);
  t.regex(text, /logo/);
  t.false(text.includes('l.png'));
});

test('a readme of great length is shown as it stands', (t) => {
  const { text } = renderReadme(`${'[['.repeat(200_000)}<b>`);
  t.true(text.startsWith('<pre>[['));
  t.true(text.length < 250_000);
});

test('a package page tells what it is, who supplies it, and what to paste', (t) => {
  const page = packagePage({
    ...shown,
    listed: false,
    deprecation: { reasons: ['Legacy'], alternate: 'Newer.Package' },
    vulnerabilities: [{ advisoryUrl: 'https://example.org/advisory', severity: '2' }],
    dependencies: [{ framework: 'net8.0', packages: [{ id: 'Other', range: '[1.0.0, )' }] }],
    versions: [
      { version: '1.2.0', listed: false, source: 'internal' },
      { version: '1.0.0', listed: true, source: 'nuget.org' },
    ],
  });
  t.regex(page, /dotnet add package Some\.Package --version 1\.2\.0/);
  t.regex(page, /unlisted/);
  t.regex(page, /Legacy/);
  t.regex(page, /href="\.\.\/packages\/Newer\.Package"/);
  t.regex(page, /href="https:\/\/example\.org\/advisory"[^]*high/);
  t.regex(page, /href="\.\.\/packages\/Other"[^]*\[1\.0\.0, \)/);
  t.regex(page, /href="\.\.\/packages\/Some\.Package\/1\.0\.0"[^]*nuget\.org/);
});

test('a search page leads on and back, and keeps the feed', (t) => {
  const results = {
    root: './',
    q: 'json',
    prerelease: false,
    take: 20,
    total: 45,
    hits: [{ id: 'A', version: '1.0.0' }],
  };
  const middle = searchPage({ ...results, skip: 20, feed: 'team' });
  t.regex(middle, /rel="prev" href="\.\/packages\?q=json&amp;skip=0&amp;take=20&amp;prerelease=false&amp;feed=team"/);
  t.regex(middle, /rel="next" href="\.\/packages\?q=json&amp;skip=40/);
  t.regex(middle, /href="\.\/packages\/A\?feed=team"/);
  const last = searchPage({ ...results, skip: 40 });
  t.notRegex(last, /rel="next"/);
  t.regex(searchPage({ ...results, skip: 0, total: 0, hits: [] }), /Nothing found/);
});
