import test from 'ava';
import { runLarder } from '../support/run-larder.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const source = 'sources:\n  - { name: a, url: "http://a.example/", auth: { kind: bearer, token: "env:TOKEN" } }\n';

test('prints every value in effect with its origin, secrets masked, and ends with 0', async (t) => {
  const folder = await temporaryFolder(t, { 'config/larder.yaml': source });
  const variables = { TOKEN: 'very-secret', LARDER_LOG__LEVEL: 'debug' };
  const { code, stdout, stderr } = await runLarder(['check', '--port', '8080'], folder, variables);
  t.is(stderr, '');
  t.is(code, 0);
  t.regex(stdout, /^listen\.host +127\.0\.0\.1 +default$/m);
  t.regex(stdout, /^listen\.port +8080 +flag --port$/m);
  t.regex(stdout, /^log\.level +debug +env LARDER_LOG__LEVEL$/m);
  t.regex(stdout, /^sources\[0\]\.name +a +config\/larder\.yaml:2$/m);
  t.regex(stdout, /^sources\[0\]\.auth\.token +\*+ +config\/larder\.yaml:2, env:TOKEN$/m);
  t.regex(stdout, /^publicUrl +\(not set\) +default$/m);
  t.notRegex(stdout, /very-secret/);
});

test('--json prints the same for programs', async (t) => {
  const folder = await temporaryFolder(t, { 'larder.yaml': source });
  const { code, stdout } = await runLarder(['check', '--json', '--config', 'larder.yaml'], folder, {
    TOKEN: 'very-secret',
  });
  t.is(code, 0);
  const printed = JSON.parse(stdout) as {
    valid: boolean;
    file: string;
    values: { path: string; value: unknown; origin: string }[];
  };
  t.true(printed.valid);
  t.is(printed.file, 'larder.yaml');
  const value = (path: string) => printed.values.find((one) => one.path === path);
  t.deepEqual(value('listen.port'), { path: 'listen.port', value: 6848, origin: 'default' });
  t.is(value('sources[0].auth.token')?.value, '******');
});

test('ends with 1 and one line for each mistake', async (t) => {
  const folder = await temporaryFolder(t, { 'l.yaml': 'listen: { port: x }\nofline: true\n' });
  const { code, stdout, stderr } = await runLarder(['check'], folder, {
    LARDER_CONFIG: 'l.yaml',
    LARDER_NONSENSE: '1',
  });
  t.is(code, 1);
  t.is(stdout, '');
  t.deepEqual(
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.split(':')[0]),
    ['LARDER_NONSENSE', 'listen.port', 'ofline'],
  );
  t.regex(stderr, /did you mean offline\?.*\(l\.yaml:2\)/);
});

test('--json tells mistakes on standard output too', async (t) => {
  const folder = await temporaryFolder(t, { 'l.yaml': 'listen: { port: x }' });
  const { code, stdout } = await runLarder(['check', '--json', '-c', 'l.yaml'], folder);
  t.is(code, 1);
  t.like(JSON.parse(stdout), { valid: false, mistakes: [{ path: 'listen.port', origin: 'l.yaml:1' }] });
});

test('--quiet says nothing when all is well', async (t) => {
  t.deepEqual(await runLarder(['check', '--quiet'], await temporaryFolder(t)), { code: 0, stdout: '', stderr: '' });
});

test('a named file that is not there ends with 1', async (t) => {
  const { code, stderr } = await runLarder(['check', '--config', 'absent.yaml'], await temporaryFolder(t));
  t.is(code, 1);
  t.regex(stderr, /^the configuration file absent\.yaml does not exist/);
});
