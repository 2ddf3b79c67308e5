import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findBrowser } from '../../scripts/peers.ts';
import { ROOT } from '../house/source.ts';

export type Scenario = typeof import('./scenario.ts');

/** Under the origin of the server, but never asked of it. */
const MODULES = '/modules/';

export function startChromium(): Promise<Browser> {
  const executablePath = findBrowser();
  if (executablePath === null)
    throw new Error('there is no Chromium: npm test installs it or says what to type');
  const args = ['--disable-dev-shm-usage'];
  // Chromium's sandbox is not to be had for root.
  return chromium.launch({ executablePath, args, chromiumSandbox: process.getuid?.() !== 0 });
}

/** A page of the server's own origin that may load our modules: the sources, their types stripped. */
export async function openPage(browser: Browser, origin: string, html = '<!doctype html>'): Promise<Page> {
  const page = await browser.newPage();
  await page.route(`${origin}/page.html`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.route(`${origin}${MODULES}**`, async (route) => {
    const path = new URL(route.request().url()).pathname.slice(MODULES.length).replace(/\.js$/, '.ts');
    const source = await readFile(join(ROOT, path), 'utf8');
    await route.fulfill({ contentType: 'text/javascript', body: stripTypeScriptTypes(source) });
  });
  await page.goto(`${origin}/page.html`);
  return page;
}

/** Calls a function of scenario.ts in the page. */
export function inPage<Name extends keyof Scenario>(
  page: Page,
  name: Name,
  ...args: Parameters<Scenario[Name]>
): Promise<Awaited<ReturnType<Scenario[Name]>>> {
  const module = JSON.stringify(`${MODULES}test/browser/scenario.ts`);
  return page.evaluate(`import(${module}).then((m) => m.${name}(...${JSON.stringify(args)}))`);
}
