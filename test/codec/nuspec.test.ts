import test from 'ava';
import fc from 'fast-check';
import { BadPackageError } from '../../src/codec/bad-package.js';
import { parseNuspec } from '../../src/codec/nuspec.js';
import { nuspecText } from './zipped.js';

const parse = (metadata: string) => parseNuspec(Buffer.from(nuspecText(metadata)));
const named = '<id>Some.Package</id><version>1.02.3-Beta+abc</version>';
const refused = { instanceOf: BadPackageError };

test('a full nuspec gives every fact', (t) => {
  const nuspec = parseNuspec(
    Buffer.from(`<?xml version="1.0" encoding="utf-8"?>
<!-- made by hand -->
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata minClientVersion="2.12">
    <id> Some.Package </id>
    <version>1.02.3-Beta+abc</version>
    <title>Some &amp; Other</title>
    <authors>Ada, Bob</authors>
    <owners>Ada</owners>
    <requireLicenseAcceptance>True</requireLicenseAcceptance>
    <developmentDependency>true</developmentDependency>
    <license type="expression" version="1.0.0">MIT OR Apache-2.0</license>
    <licenseUrl>https://licenses.nuget.org/MIT</licenseUrl>
    <icon>images\\icon.png</icon>
    <iconUrl>https://a.example/i.png</iconUrl>
    <readme>docs/README.md</readme>
    <projectUrl>https://a.example/?a=1&amp;b=2</projectUrl>
    <description>Gr&#246;&#xDF;e, <![CDATA[1 < 2 &amp; 3]]></description>
    <summary>short</summary>
    <releaseNotes>first</releaseNotes>
    <copyright>(c)</copyright>
    <language>en-US</language>
    <tags>json  fast, small</tags>
    <repository type="git" url="https://a.example/r.git" branch="main" commit="abc" />
    <packageTypes><packageType name="DotnetTool" /><packageType name="Mine" version="1.0" /></packageTypes>
    <dependencies>
      <group targetFramework="net8.0"><dependency id="A" version="[1.0, 2.0)" exclude="Build" /><dependency id="B" /></group>
      <group targetFramework=".NETFramework4.6.2" />
      <group><dependency id="C" version="1.0" /></group>
    </dependencies>
  </metadata>
  <files><file src="x" target="y" /></files>
</package>`),
  );
  const { identity, ...facts } = nuspec;
  t.is(identity.key, 'some.package/1.2.3-beta');
  t.is(identity.id.text, 'Some.Package');
  t.is(identity.version.text, '1.02.3-Beta+abc');
  t.deepEqual(facts, {
    authors: 'Ada, Bob',
    owners: 'Ada',
    title: 'Some & Other',
    description: 'Größe, 1 < 2 &amp; 3',
    summary: 'short',
    releaseNotes: 'first',
    copyright: '(c)',
    language: 'en-US',
    tags: ['json', 'fast', 'small'],
    requireLicenseAcceptance: true,
    developmentDependency: true,
    license: { type: 'expression', text: 'MIT OR Apache-2.0', version: '1.0.0' },
    licenseUrl: 'https://licenses.nuget.org/MIT',
    icon: 'images\\icon.png',
    iconUrl: 'https://a.example/i.png',
    readme: 'docs/README.md',
    projectUrl: 'https://a.example/?a=1&b=2',
    minClientVersion: '2.12',
    repository: { type: 'git', url: 'https://a.example/r.git', branch: 'main', commit: 'abc' },
    packageTypes: [{ name: 'DotnetTool' }, { name: 'Mine', version: '1.0' }],
    dependencyGroups: [
      { targetFramework: 'net8.0', dependencies: [{ id: 'A', range: '[1.0, 2.0)' }, { id: 'B' }] },
      { targetFramework: '.NETFramework4.6.2', dependencies: [] },
      { dependencies: [{ id: 'C', range: '1.0' }] },
    ],
  });
});

test('id and version are all that is needed', (t) => {
  const { identity, ...facts } = parse(named);
  t.is(String(identity), 'Some.Package 1.2.3-Beta');
  t.deepEqual(facts, {
    authors: '',
    description: '',
    tags: [],
    dependencyGroups: [],
    packageTypes: [],
    requireLicenseAcceptance: false,
    developmentDependency: false,
  });
});

test('flat dependencies are one group for every framework, and nothing beside groups', (t) => {
  t.deepEqual(parse(`${named}<dependencies><dependency id="A" version="1"/></dependencies>`).dependencyGroups, [
    { dependencies: [{ id: 'A', range: '1' }] },
  ]);
  t.deepEqual(
    parse(`${named}<dependencies><dependency id="A"/><group targetFramework="net40"/></dependencies>`).dependencyGroups,
    [{ targetFramework: 'net40', dependencies: [] }],
  );
});

test('empty, odd and unknown pieces are passed over', (t) => {
  const nuspec = parse(
    `${named}<dependencies/><tags/><icon></icon><license>MIT</license><packageTypes><packageType/></packageTypes>
     <repository/><description><b>bold</b></description><contentFiles><files include="*"/></contentFiles><toString>x</toString>`,
  );
  t.like(nuspec, { dependencyGroups: [], tags: [], packageTypes: [], description: '' });
  t.false('icon' in nuspec || 'license' in nuspec || 'repository' in nuspec);
});

test('any schema year, a prefix, or no namespace at all will do', (t) => {
  const metadata = '<metadata><id>A</id><version>1.0</version></metadata>';
  for (const year of ['2010/07', '2011/08', '2011/10', '2012/06', '2013/01', '2013/05'])
    t.is(
      parseNuspec(
        Buffer.from(`<package xmlns="http://schemas.microsoft.com/packaging/${year}/nuspec.xsd">${metadata}</package>`),
      ).identity.key,
      'a/1.0.0',
    );
  t.is(parseNuspec(Buffer.from(`<package>${metadata}</package>`)).identity.key, 'a/1.0.0');
  const prefixed = metadata.replaceAll(/<(\/?)/g, '<$1n:');
  t.is(parseNuspec(Buffer.from(`<n:package xmlns:n="urn:x">${prefixed}</n:package>`)).identity.key, 'a/1.0.0');
});

test('UTF-8 and UTF-16 are read by mark, by first character and by declaration', (t) => {
  const text = (encoding: string) =>
    `<?xml version="1.0" encoding="${encoding}"?><package><metadata><id>A</id><version>1.0</version><title>Größe</title></metadata></package>`;
  const big = (given: string) => Buffer.from(given, 'utf16le').swap16();
  const forms: Record<string, Buffer> = {
    'utf-8': Buffer.from(text('utf-8')),
    'utf-8 with mark': Buffer.from(`\ufeff${text('utf-8')}`),
    'utf-16le with mark': Buffer.from(`\ufeff${text('utf-16')}`, 'utf16le'),
    'utf-16le': Buffer.from(text('utf-16'), 'utf16le'),
    'utf-16be with mark': big(`\ufeff${text('utf-16')}`),
    'utf-16be': big(text('utf-16')),
    'utf-8 that claims utf-16': Buffer.from(text('utf-16')),
    'utf-8 that claims nonsense': Buffer.from(text('x-none')),
    'latin-1': Buffer.from(text('iso-8859-1'), 'latin1'),
  };
  for (const [form, bytes] of Object.entries(forms)) t.is(parseNuspec(bytes).title, 'Größe', form);
});

const bad: [string, string, RegExp][] = [
  ['no id', nuspecText('<version>1.0</version>'), /^the nuspec has no id$/],
  ['no version', nuspecText('<id>A</id>'), /^the nuspec has no version$/],
  ['no metadata', '<package/>', /^the nuspec has no metadata$/],
  ['an id that is none', nuspecText('<id>../A</id><version>1.0</version>'), /names no package: package id/],
  ['a version that is none', nuspecText('<id>A</id><version>one</version>'), /names no package: package version/],
  ['an element left open', '<package><metadata><id>A</id><version>1.0</version>', /cannot be read/],
  ['crossed elements', nuspecText(`${named}<a><b></a></b>`), /cannot be read/],
  ['nothing', '', /cannot be read/],
  ['no XML', '{"id":"A"}', /cannot be read/],
  ['deep nesting', nuspecText(`${named}${'<a>'.repeat(500)}${'</a>'.repeat(500)}`), /cannot be read/],
];
for (const [what, text, message] of bad)
  test(`a nuspec with ${what} is refused`, (t) => {
    t.throws(() => parseNuspec(Buffer.from(text)), { ...refused, message });
  });

test('a document type is refused, wherever it stands, and nothing is expanded', (t) => {
  const bomb =
    '<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>';
  const body = `<package><metadata>${named}<title>&b;&x;</title></metadata></package>`;
  for (const text of [
    `${bomb}${body}`,
    `<?xml version="1.0"?>\n<!-- a -->${bomb}${body}`,
    body.replace('<title>', `${bomb}<title>`),
  ])
    t.throws(() => parseNuspec(Buffer.from(text)), {
      ...refused,
      message: /document type|External entities are not supported/,
    });
  t.is(parseNuspec(Buffer.from(body)).title, '&b;&x;');
  t.is(parse(`${named}<title><![CDATA[<!DOCTYPE html>]]></title>`).title, '<!DOCTYPE html>');
});

test('references are resolved once, and only to characters', (t) => {
  const title = (written: string) => parse(`${named}<title>${written}</title>`).title;
  t.is(title('&lt;&gt;&quot;&apos;&amp;'), '<>"\'&');
  t.is(title('&amp;lt;'), '&lt;');
  t.is(title('x&#x1F4E6;&#0;&#x110000;&#99999999;'), 'x\u{1f4e6}&#0;&#x110000;&#99999999;');
});

test('what a package says cannot forge a line in a message', (t) => {
  const error = t.throws(() => parse('<id>A\n\u2028B</id><version>1.0</version>'), refused);
  t.notRegex(error.message, /[\n\u2028]/);
});

test('a damaged nuspec is read or refused, nothing else', (t) => {
  const sound = Buffer.from(
    nuspecText(
      `${named}<tags>a</tags><dependencies><group targetFramework="net8.0"><dependency id="A"/></group></dependencies>`,
    ),
  );
  const piece = fc.constantFrom(
    '<',
    '>',
    '&',
    '"',
    '/',
    '<![CDATA[',
    ']]>',
    '<!--',
    '<?',
    '&#x;',
    '<__proto__>',
    '<constructor a="1"/>',
    '<!DOCTYPE a [',
    '\0',
    '\u{1f4e6}',
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(sound.length), fc.oneof(piece, fc.string()), fc.nat(20)), {
        minLength: 1,
        maxLength: 4,
      }),
      (edits) => {
        let text = sound.toString('latin1');
        for (const [at, insert, drop] of edits) text = text.slice(0, at) + insert + text.slice(at + drop);
        try {
          t.is(typeof parseNuspec(Buffer.from(text)).identity.key, 'string');
        } catch (error) {
          t.true(error instanceof BadPackageError, String(error));
        }
      },
    ),
    { numRuns: 3000 },
  );
});
