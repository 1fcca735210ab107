import test from 'ava';
import { CredentialScope } from '../../../src/sources/transport/credential-scope.js';

const azure = 'https://pkgs.dev.azure.com/Contoso';
const gitlab = 'https://git.example/gitlab/api/v4';

/** Configured addresses, and which others get the credentials. */
const cases: readonly (readonly [configured: string, yes: readonly string[], no: readonly string[]])[] = [
  [
    'https://nexus.example/repository/nuget/index.json',
    ['https://nexus.example/repository/nuget/v3/content/a/index.json', 'https://nexus.example/other'],
    ['http://nexus.example/repository/nuget/', 'https://nexus.example:8443/', 'https://nexus.example.evil/'],
  ],
  [
    `${azure}/project/_packaging/feed/nuget/v3/index.json`,
    [
      `${azure}/_packaging/45bacae2-5efb-47c8-91e5-8ec20c22b4f8/nuget/v3/flat2/a/index.json`,
      `${azure}/9ee6d478-d288-47f7-aacc-f6e6d082ae6d/_packaging/45bacae2-5efb-47c8-91e5-8ec20c22b4f8/nuget/v3/flat2/`,
      'https://pkgs.dev.azure.com/contoso/_packaging/feed/nuget/v3/index.json',
    ],
    [
      'https://pkgs.dev.azure.com/fabrikam/_packaging/feed/nuget/v3/index.json',
      'https://pkgs.dev.azure.com/contoso2/',
      'https://pkgs.dev.azure.com/',
      `${azure}/..%2ffabrikam/_packaging/`,
      `${azure}/%2e%2e/fabrikam/`,
      `${azure}/%2e%2e%2ffabrikam/_packaging/`,
      `${azure}/project%5C.%2E%5cfabrikam/_packaging/`,
      'https://contoso.blob.core.windows.net/contoso/x',
    ],
  ],
  [
    'https://nuget.pkg.github.com/OWNER/index.json',
    ['https://nuget.pkg.github.com/OWNER/download/a/index.json', 'https://nuget.pkg.github.com/owner/a/index.json'],
    ['https://nuget.pkg.github.com/OTHER/download/a/index.json', 'https://nuget.pkg.github.com/index.json'],
  ],
  [
    'https://www.myget.org/F/ours/auth/11111111/api/v3/index.json',
    ['https://www.myget.org/F/ours/api/v3/flatcontainer/a/index.json'],
    ['https://www.myget.org/F/theirs/api/v3/index.json', 'https://ours.blob.core.windows.net/F/ours/'],
  ],
  [
    `${gitlab}/projects/17/packages/nuget/index.json`,
    [`${gitlab}/projects/17/packages/nuget/download/a/index.json`],
    [`${gitlab}/projects/18/packages/nuget/download/a/index.json`, `${gitlab}/projects/170/packages/nuget/`],
  ],
  [
    `${gitlab}/groups/9/-/packages/nuget/index.json`,
    [`${gitlab}/groups/9/-/packages/nuget/metadata/a/index.json`, `${gitlab}/projects/17/packages/nuget/download/a`],
    ['https://git.example/other/', 'https://git.example/gitlab/uploads/x'],
  ],
  [
    `${gitlab}/projects/group%2Fproject/packages/nuget/index.json`,
    [`${gitlab}/projects/17/packages/nuget/download/a/index.json`],
    ['https://git.example/api/v4/projects/17/packages/nuget/'],
  ],
];

for (const [configured, yes, no] of cases)
  test(`trap 8: credentials of ${configured} go to its owner's part and nowhere else`, (t) => {
    const scope = new CredentialScope(new URL(configured));
    t.true(scope.covers(new URL(configured)));
    for (const url of yes) t.true(scope.covers(new URL(url)), url);
    for (const url of no) t.false(scope.covers(new URL(url)), url);
  });

test('a further host gets them over https, where the index names it and not where a redirect leads to it', (t) => {
  const home = new URL('https://nuget.cloudsmith.io/org/repo/v3/index.json');
  const scope = new CredentialScope(home, ['dl.cloudsmith.io', 'files.example:8443']);
  const named = new URL('https://dl.cloudsmith.io/basic/org/repo/nuget/a/index.json');
  t.true(scope.covers(named));
  t.true(scope.covers(named, new URL('https://dl.cloudsmith.io/elsewhere')), 'a redirect within the host');
  t.false(scope.covers(named, home));
  t.false(scope.covers(new URL('http://dl.cloudsmith.io/basic/')));
  t.true(scope.covers(new URL('https://files.example:8443/')));
  t.false(scope.covers(new URL('https://files.example/')));
});
