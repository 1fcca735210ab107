import { existsSync } from 'node:fs';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';

import { skipBecause } from './skip-because.js';
import type { Registration } from './skip-because.js';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((place) => existsSync(place));

const quiet = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A tab of a real browser, and every address that it asked for. */
export interface Tab {
  readonly page: Page;
  readonly asked: readonly string[];
}

/** Tests that need Chromium. */
export const testWithBrowser: Registration = executablePath ? test : skipBecause('Chromium is not installed');

/** Opens a tab; the browser is closed at the end of the test. */
export async function openTab(t: ExecutionContext): Promise<Tab> {
  const browser = await chromium.launch({ ...(executablePath !== undefined && { executablePath }), args: quiet });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  return { page, asked };
}
