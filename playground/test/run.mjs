// Run by `cargo xtask playground`: the page in Chromium, from static files. `run.mjs SITE PICTURES`
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

const { chromium } = createRequire(`${process.env.MLP_TOOLS}/`)('playwright-core');
const [site, pictures] = process.argv.slice(2);
const KINDS = { html: 'text/html', js: 'text/javascript', css: 'text/css', wasm: 'application/wasm' };
const LIMIT = 1_500_000;

const check = (what, holds, found) =>
  console.log(`${holds ? 'ok' : 'not ok'} playground: ${what}${holds || found === undefined ? '' : `: ${JSON.stringify(found)}`}`);

async function until(look, time = 30_000) {
  const end = Date.now() + time;
  for (;;) {
    const found = await look();
    if (found || Date.now() > end) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
}

function sizes() {
  const files = readdirSync(site).map((name) => readFileSync(path.join(site, name)));
  const total = (pack) => files.reduce((sum, file) => sum + pack(file).length, 0);
  const [plain, gzip, brotli] = [(file) => file, gzipSync, brotliCompressSync].map(total);
  console.log(`${plain} bytes; ${gzip} by gzip, ${brotli} by brotli`);
  check(`it has at most ${LIMIT} bytes, compressed`, gzip <= LIMIT, gzip);
}

async function serve() {
  const server = createServer((request, answer) => {
    const name = path.basename(new URL(request.url, 'http://localhost').pathname) || 'index.html';
    try {
      answer.setHeader('content-type', KINDS[name.split('.').at(-1)]);
      answer.end(readFileSync(path.join(site, name)));
    } catch {
      answer.writeHead(404).end();
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

class Playground {
  constructor(page) {
    this.page = page;
  }

  state = () => this.page.locator('#state').innerText();
  problems = () => this.page.locator('#problems li').allInnerTexts();
  text = () => this.page.evaluate(() => document.querySelector('.cm-content').cmTile?.view?.state.doc.toString() ?? document.querySelector('.cm-content').innerText);
  boxes = (of = '.node') => this.page.frameLocator('#graph').locator(`main ${of}`).count();

  async put(text) {
    await this.page.locator('.cm-content').click();
    await this.page.keyboard.press('Control+a');
    await this.page.keyboard.insertText(text);
  }

  async open(view) {
    await this.page.locator(`[data-view=${view}]`).click();
    return view === 'graph' ? '' : this.page.locator('#text').innerText();
  }
}

const PROGRAM = `contract A { id: int64 key }
source all() -> Table<A> { from = csv("a.csv") }
sink keep(rows: Table<A>) { to = csv("b.csv") }
pipeline daily {
  let rows = all()
  keep(rows)
}
`;

async function tests(page, address) {
  const playground = new Playground(page);
  await page.goto(address);
  check('the first example has no errors', await until(async () => (await playground.state()).startsWith('0 errors')), await playground.state());
  check('its graph is drawn', await until(async () => (await playground.boxes()) === 12), await playground.boxes());
  check('that SQL is not checked is said', (await page.locator('footer').innerText()).startsWith('SQL is not checked here'));
  await page.waitForTimeout(300);
  await page.screenshot({ path: path.join(pictures, 'playground.png') });
  check('Airflow gets a DAG', (await playground.open('airflow')).includes('DAG'));
  check('Kubernetes gets manifests', (await playground.open('kubernetes')).includes('apiVersion'));
  check('the plan is shown', (await playground.open('local')).includes('mlp.plan/v1'));
  await playground.open('graph');

  await playground.put(PROGRAM);
  check('what is typed is drawn', await until(async () => (await playground.boxes()) === 2), await playground.boxes());
  await page.locator('.cm-line').filter({ hasText: 'keep(rows)' }).click();
  check('the call at the cursor is marked', await until(async () => (await playground.boxes('.here')) === 1));
  await playground.put(PROGRAM.replace('id: int64', 'id: int46'));
  check('a mistake is told', await until(async () => (await playground.problems()).some((text) => /^MLP\d+ .*int46/.test(text))), await playground.problems());
  check('and marked', await page.locator('.cm-lintRange-error').first().waitFor().then(() => true, () => false));
  check('and the graph stays', (await playground.boxes()) === 2 && (await page.locator('#stale').isVisible()));

  await page.locator('#examples').selectOption('Broken: a misspelt column');
  check('an example is opened', await until(async () => (await playground.problems()).some((text) => text.includes('carier'))), await playground.problems());
  await page.locator('.cm-lintRange-error').first().hover();
  await page.locator('.cm-diagnosticAction').first().click();
  check('its mend is made', await until(async () => (await playground.state()).startsWith('0 errors')), await playground.state());

  await playground.put(PROGRAM.replace('daily', 'größe_😀'.slice(0, 5)));
  await until(async () => (await playground.boxes()) === 2);
  await page.locator('#share').click();
  const link = await until(() => page.url().includes('#text=') && page.url());
  await page.goto('about:blank');
  await page.goto(link);
  check('a link brings the text back', await until(async () => (await playground.text()).includes('pipeline größe')), await playground.text());
  await page.goto('about:blank');
  await page.goto(`${address}#text=broken`);
  check('a broken link brings the first example', await until(async () => (await playground.boxes()) === 12));
}

mkdirSync(pictures, { recursive: true });
sizes();
const server = await serve();
const address = `http://127.0.0.1:${server.address().port}/`;
const browser = await chromium.launch({ executablePath: process.env.MLP_CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1400, height: 800 } });
const [elsewhere, faults] = [[], []];
page.on('request', (request) => request.url().startsWith(address) || /^(about|data|blob):/.test(request.url()) || elsewhere.push(request.url()));
page.on('pageerror', (error) => faults.push(String(error)));
page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
try {
  await tests(page, address);
  check('nothing is asked of anybody else', elsewhere.length === 0, elsewhere);
  check('the page has no faults', faults.length === 0, faults);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.screenshot({ path: path.join(pictures, 'playground-dark.png') });
} catch (error) {
  check('the test runs to its end', false, String(error).slice(0, 500));
  await page.screenshot({ path: path.join(pictures, 'playground-failure.png') }).catch(() => undefined);
} finally {
  await browser.close();
  server.close();
}
