import { openTab, testWithBrowser } from '../support/browser.js';
import { startLarder } from '../support/larder.js';
import { startScriptedSource } from '../support/scripted-source.js';

const packages = [
  {
    id: 'Contoso.Widgets',
    version: '2.0.0',
    dependencies: { 'Contoso.Parts': '[1.0.0, )' },
    nuspecExtras: '<readme>readme.md</readme>',
    files: {
      'readme.md':
        '# Turning widgets\n\n![logo](https://example.org/logo.png)\n\n<script>document.title = "run"</script>',
    },
  },
  { id: 'Contoso.Widgets', version: '1.0.0' },
  { id: 'Contoso.Parts', version: '1.0.0' },
];

testWithBrowser(
  'a person goes through a package with the keyboard alone, and nothing is loaded from elsewhere',
  async (t) => {
    const source = await startScriptedSource({ packages });
    t.teardown(() => source.close());
    const larder = await startLarder(t, { sources: { source } });
    await larder.get('v3/flat/contoso.widgets/2.0.0/contoso.widgets.2.0.0.nupkg');
    const { page, asked } = await openTab(t);

    // From the front page by keyboard: the first stop skips to the content, the search box comes third.
    await page.goto(larder.url);
    const focusedName = () => page.evaluate<string>('document.activeElement?.getAttribute("name") ?? ""');
    for (let presses = 0; (await focusedName()) !== 'q' && presses < 10; presses++) await page.keyboard.press('Tab');
    await page.keyboard.type('contoso wid');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/packages?q=*');
    await page.getByRole('link', { name: 'Contoso.Widgets' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/packages/Contoso.Widgets');
    t.is(await page.title(), 'Contoso.Widgets 2.0.0: Larder');
    t.is(await page.locator('.readme h1').textContent(), 'Turning widgets');
    t.is(await page.locator('pre.paste').textContent(), 'dotnet add package Contoso.Widgets --version 2.0.0');

    // Tab by tab to the dependency, and into it.
    const focused = () => page.evaluate<string>('document.activeElement?.textContent?.trim()');
    for (let presses = 0; (await focused()) !== 'Contoso.Parts' && presses < 30; presses++)
      await page.keyboard.press('Tab');
    t.is(await focused(), 'Contoso.Parts');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/packages/Contoso.Parts');
    t.is(await page.locator('h1').textContent(), 'Contoso.Parts 1.0.0');

    await page.goBack();
    await page.getByRole('link', { name: '1.0.0', exact: true }).click();
    await page.waitForURL('**/packages/Contoso.Widgets/1.0.0');
    t.regex((await page.locator('main').textContent()) ?? '', /not yet: it is fetched/);

    const { origin } = new URL(larder.url);
    t.deepEqual(
      asked.filter((url) => !url.startsWith(`${origin}/`)),
      [],
    );
  },
);
