// shoot.mjs URL ADMIN_TOKEN FILE: fills the self-host at URL and takes a picture of a token in its console.
import { seed } from './seed.mjs';

const [url, adminToken, file] = process.argv.slice(2);
const { chromium } = await import(process.env.PLAYWRIGHT);

const id = await seed(url, adminToken);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 820 }, locale: 'en-US', colorScheme: 'light' });
  await page.goto(`${url}/console/#/token?id=${id}`);
  await page.locator('input[type=password]').fill(adminToken);
  await page.keyboard.press('Enter');
  await page.locator('#menu').waitFor();
  // The rows of the last calls come to the ledger some moments after them.
  await page.waitForTimeout(3000);
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.waitForFunction(() => document.querySelector('[aria-busy]') === null);
  await page.waitForTimeout(300);
  await page.screenshot({ path: file });
} finally {
  await browser.close();
}
