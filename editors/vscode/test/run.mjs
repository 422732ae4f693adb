// Run by `cargo xtask editors`: the packed extension in VS Code (code-server), in Chromium, on the package of editors/testing.
// `run.mjs CODE_SERVER EXTENSIONS DATA PACKAGE PICTURES`
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';

const { chromium } = createRequire(`${process.env.MLP_TOOLS}/`)('playwright-core');
const [codeServer, extensions, data, folder, pictures] = process.argv.slice(2);
const can = (capability) => process.env.MLP_SERVER.includes(`"${capability}"`);
const LONG = 60_000;

const say = (text) => console.log(text);
const check = (what, holds, found) => say(`${holds ? 'ok' : 'not ok'} vscode: ${what}${holds || found === undefined ? '' : `: ${JSON.stringify(found)}`}`);

/** Looks again and again until something is there. */
async function until(look, time = 30_000) {
  const end = Date.now() + time;
  for (;;) {
    const found = await look();
    if (found || Date.now() > end) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function startServer(port) {
  const options = ['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`, '--extensions-dir', extensions, '--user-data-dir', data];
  options.push('--disable-telemetry', '--disable-update-check', '--disable-workspace-trust', '--disable-getting-started-override');
  const child = spawn(process.execPath, [codeServer, ...options], { stdio: ['ignore', 'pipe', openSync(path.join(data, 'server.log'), 'w')] });
  let told = '';
  child.stdout.on('data', (chunk) => (told += chunk));
  if (!(await until(() => told.includes('HTTP server listening'), LONG))) throw new Error(`code-server does not start: ${told}`);
  return child;
}

class Workbench {
  constructor(page) {
    this.page = page;
  }

  async picture(name) {
    await this.page.waitForTimeout(500); // what is drawn comes in slowly
    await this.page.screenshot({ path: path.join(pictures, `${name}.png`) });
  }

  async command(title) {
    await this.page.keyboard.press('F1');
    await this.page.locator('.quick-input-widget input').first().fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row').first().waitFor();
    await this.page.waitForTimeout(200); // the list is sorted anew as one types
    await this.page.keyboard.press('Enter');
  }

  /** Puts the cursor into a line and column, counted from 1. */
  async go(line, column) {
    await this.page.keyboard.press('Control+g');
    await this.page.locator('.quick-input-widget input').first().fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** The text as it is drawn, line ends as blanks. */
  async text() {
    return (await this.page.locator('.monaco-editor .view-lines').first().innerText()).replace(/\u00a0/g, ' ');
  }

  /** The colour of a piece of text. */
  async colour(text) {
    const spans = this.page.locator('.monaco-editor .view-line span span').filter({ hasText: text });
    return spans.first().evaluate((element) => getComputedStyle(element).color, undefined, { timeout: LONG }).catch(() => '');
  }
}

const source = readFileSync(path.join(folder, 'src/flights.mlp'), 'utf8');

/** A run, so that there is one to tell of: of the text without its mistake, and without its data. */
function ran() {
  const file = path.join(folder, 'src/flights.mlp');
  writeFileSync(file, source.replace('distnce', 'distance'));
  spawnSync('mlp', ['run', '--package', folder]);
  writeFileSync(file, source);
}

/** Line and column of a text in the file, counted from 1. */
function place(text) {
  const before = source.split(text)[0].split('\n');
  return [before.length, before.at(-1).length + 1];
}

function started() {
  try {
    return /^lsp$/m.test(readFileSync(process.env.MLP_STARTS, 'utf8'));
  } catch {
    return false;
  }
}

async function withoutServer(bench) {
  const { page } = bench;
  await page.locator('.monaco-editor .view-line').first().waitFor({ timeout: LONG });
  check('the language is mlp', await until(() => page.locator('#status\\.editor\\.mode').innerText().then((text) => text.trim() === 'mlp')));
  const colours = () => Promise.all(['contract', 'Flight', 'carrier', '5_000'].map((text) => bench.colour(text)));
  const apart = async () => new Set((await colours()).filter(Boolean)).size === 4;
  check('pieces have colours of their own', await until(apart), await colours());
  const sql = await bench.colour('select');
  check('SQL within a stage has the colours of SQL', sql !== (await bench.colour('flights.parquet')), sql);
  check('the language server is started', await until(started, LONG));
  const button = page.locator('.editor-actions [aria-label*="Show Graph"]').first();
  check('the button of the graph is there', await button.waitFor({ timeout: LONG }).then(() => true, () => false));
}

async function tasks(bench) {
  const { page } = bench;
  await bench.go(...place('distnce'));
  await bench.command('Tasks: Run Build Task');
  const row = page.locator('.quick-input-list .monaco-list-row').filter({ hasText: 'check' }).first();
  if (await row.waitFor({ timeout: 10_000 }).then(() => true, () => false)) await page.keyboard.press('Enter');
  const squiggle = page.locator('.squiggly-error').first();
  check('the task `mlp: check` runs', await until(() => /^check --format short$/m.test(readFileSync(process.env.MLP_STARTS, 'utf8')), LONG));
  check('and marks the mistake', await squiggle.waitFor({ timeout: LONG }).then(() => true, () => false));
  await bench.command('Problems: Focus on Problems View');
  const problem = page.locator('.markers-panel .monaco-list-row').filter({ hasText: 'distnce' }).first();
  check('and lists it under Problems', await problem.waitFor({ timeout: LONG }).then(() => true, () => false));
  const text = (await problem.innerText().catch(() => '')).replace(/\s+/g, ' ');
  check('with its code and place', /MLP\d+/.test(text) && /Ln 10, Col 15/.test(text), text);
  await bench.command('Notifications: Clear All Notifications');
  await bench.picture('problems');
  await bench.command('View: Close Panel');
}

async function snippets(bench) {
  const { page } = bench;
  await page.locator('.monaco-editor .view-lines').first().click();
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('policy', { delay: 40 });
  await page.keyboard.press('Control+Space');
  const item = page.locator('.suggest-widget .monaco-list-row').filter({ hasText: 'policy' }).first();
  await item.waitFor({ timeout: LONG });
  await page.keyboard.press('Enter');
  const text = await until(async () => (await bench.text()).includes('candidate: Report<Binary>'));
  check('the snippet of a policy is written', text, await bench.text());
  await page.keyboard.press('Escape');
  await bench.command('File: Revert File');
  await until(async () => !(await bench.text()).includes('candidate: Report<Binary>'));
}

async function completion(bench) {
  const { page } = bench;
  const [line, column] = place('let rows');
  await bench.go(line, column);
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('let more = fa', { delay: 40 });
  await page.keyboard.press('Control+Space');
  const item = page.locator('.suggest-widget .monaco-list-row').filter({ hasText: 'far' }).first();
  check('completion knows the stage', await item.waitFor({ timeout: LONG }).then(() => true, () => false));
  await bench.picture('completion');
  await page.keyboard.press('Escape');
  await bench.command('File: Revert File');
}

async function withServer(bench) {
  const { page } = bench;
  check('the mistake is marked as one types', await page.locator('.squiggly-error').first().waitFor({ timeout: LONG }).then(() => true, () => false));

  await bench.go(...place('Flight pick'));
  await bench.command('Show or Focus Hover');
  const hover = page.locator('.monaco-hover').filter({ hasText: 'as the tower knows it' }).first();
  check('hover tells of a contract', await hover.waitFor({ timeout: LONG }).then(() => true, () => false));
  await bench.picture('hover');
  await page.keyboard.press('Escape');

  await bench.go(...place('keep(rows)'));
  check('inlay hints are shown', await until(() => page.locator('.monaco-editor .view-line').filter({ hasText: /let.rows.*carrier/ }).count()), await bench.text());
  const lenses = page.locator('.codelens-decoration a');
  check('lenses stand above the pipeline', await until(() => lenses.filter({ hasText: 'Run' }).count()));

  if (can('completionProvider')) await completion(bench);
  else say('not tested: vscode: completion: this server has none');

  await bench.go(...place('distnce'));
  await page.keyboard.press('Control+.');
  const action = page.locator('.action-widget .monaco-list-row').filter({ hasText: 'distance' }).first();
  check('a mend is offered', await action.waitFor({ timeout: LONG }).then(() => true, () => false));
  await bench.picture('fix');
  await page.keyboard.press('Enter');
  check('and applied', await until(async () => (await bench.text()).includes('mean(distance)')), await bench.text());
  check('and nothing is marked any more', await until(async () => (await page.locator('.squiggly-error').count()) === 0));

  const last = lenses.filter({ hasText: 'failed at `flights`' });
  check('a lens tells of the last run', await until(() => last.count(), LONG), await lenses.allInnerTexts());
  const same = async () => !(await last.first().innerText()).includes('earlier text');
  check('which is of this text, now that it is mended', await until(same, LONG), await last.allInnerTexts());
  await bench.picture('last');

  await bench.go(...place('far(flights:'));
  await page.keyboard.press('F2');
  const input = page.locator('.rename-box input').first();
  await input.waitFor({ timeout: LONG });
  await input.fill('distant');
  await page.keyboard.press('Enter');
  check('rename reaches the call', await until(async () => /= distant\(flights\)/.test(await bench.text())), await bench.text());

  if (can('executeCommandProvider')) await graph(bench, lenses);
  else say('not tested: vscode: the graph panel: this server does not show it');
  await bench.command('File: Revert File');
  await bench.go(...place('test "'));
  await page.waitForTimeout(2000); // the lenses of the text before stay that long, and do nothing
  await lenses.filter({ hasText: 'Test' }).first().click();
  const terminal = page.locator('.terminal-wrapper.active, .terminal-tabs-entry, .tabs-list .monaco-list-row').first();
  check('the lens of a test runs it in a terminal', await terminal.waitFor({ timeout: LONG }).then(() => true, () => false));
  check('with `mlp test`', await until(() => /^test --filter a flight does not go backwards/m.test(readFileSync(process.env.MLP_STARTS, 'utf8'))));
  await bench.picture('test');
}

/** The panel holds a frame of VS Code, that one ours, and that one the server's page. */
async function graph(bench, lenses) {
  const { page } = bench;
  await lenses.filter({ hasText: /Graph/i }).first().click();
  const inside = await until(async () => {
    for (const frame of page.frames()) {
      const drawn = await frame.locator('svg').count().catch(() => 0);
      if (drawn && (await frame.locator('body').innerText().catch(() => '')).includes('long_flights')) return frame;
    }
    return undefined;
  }, LONG);
  check('the graph is shown beside the text', inside !== undefined, page.frames().map((frame) => frame.url()));
  await bench.picture('graph');
  await bench.command('View: Close Other Groups').catch(() => undefined);
}

mkdirSync(pictures, { recursive: true });
ran();
const port = await freePort();
const server = await startServer(port);
const browser = await chromium.launch({ executablePath: process.env.MLP_CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
const page = await browser.newPage({ viewport: { width: 1100, height: 700 } });
const bench = new Workbench(page);
try {
  const payload = [['openFile', `vscode-remote://127.0.0.1:${port}${path.join(folder, 'src/flights.mlp')}`]];
  await page.goto(`http://127.0.0.1:${port}/?folder=${folder}&payload=${encodeURIComponent(JSON.stringify(payload))}`, { timeout: LONG });
  await withoutServer(bench);
  await bench.picture('colours');
  await withServer(bench);
  await tasks(bench);
  await snippets(bench);
} catch (error) {
  check('the test runs to its end', false, String(error).slice(0, 500));
  await bench.picture('failure').catch(() => undefined);
} finally {
  await browser.close();
  server.kill();
}
