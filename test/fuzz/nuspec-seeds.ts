const full = `<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata minClientVersion="3.3">
    <id>Some.Package</id>
    <version>1.2.3-beta.1+build</version>
    <title>Some &amp; <![CDATA[<Package>]]></title>
    <authors>One,Two</authors>
    <license type="expression" version="1.0">MIT</license>
    <icon>images\\icon.png</icon>
    <readme>README.md</readme>
    <projectUrl>https://example.org/</projectUrl>
    <requireLicenseAcceptance>false</requireLicenseAcceptance>
    <description>Text &#x1F4E6; &#228;</description>
    <tags>a b; c</tags>
    <repository type="git" url="https://example.org/r.git" commit="0123abc" />
    <packageTypes><packageType name="DotnetTool" version="1.0" /></packageTypes>
    <dependencies>
      <group targetFramework="net8.0"><dependency id="Dep" version="[1.0, 2.0)" exclude="Build" /></group>
      <group targetFramework=".NETStandard2.0" />
    </dependencies>
    <!-- a comment -->
  </metadata>
</package>`;
const flat = `<package><metadata><id>a</id><version>1.0</version><dependencies><dependency id="b" version="1.0"/><dependency id="c"/></dependencies></metadata></package>`;

export const nuspecSeeds = [
  Buffer.from(full),
  Buffer.from(flat),
  Buffer.from(`\ufeff${flat}`),
  Buffer.from(`\ufeff${full}`, 'utf16le'),
  Buffer.from(
    flat
      .replace('<package>', '<?xml version="1.0" encoding="iso-8859-1"?><n:package xmlns:n="x">')
      .replace(/<\/package>$/, '</n:package>'),
  ),
];
export const nuspecWords = [
  'package', 'metadata', 'id', 'version', 'dependencies', 'group', 'dependency', 'license', 'icon', 'readme', 'packageType', 'repository', 'type',
  'targetFramework', 'minClientVersion', '#text', '@id', '__proto__', 'constructor', 'toString', 'xmlns', '1.0.0', '../../x', 'utf-16',
  '[1.0.0]', '(,1.0]', '*', '1.*', '(1.0)', '[,]',
]; // prettier-ignore
