// The widget in a real JupyterLab: a notebook with the class of examples/jupyter.py, worked in Chromium.
//
// `cargo xtask test jupyter` installs JupyterLab and anywidget (requirements.txt) and hands over their Python as JUPYTER_PYTHON.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openBrowser, openSite, shoot } from '../page/harness.mjs';

const python = process.env.JUPYTER_PYTHON;
if (!python) throw new Error('JUPYTER_PYTHON is not set: run this with “cargo xtask test jupyter”, which installs JupyterLab');

// Another site than the notebook's, as it will be: Jupyter is asked for by another name.
const site = await openSite({ headers: { 'Access-Control-Allow-Origin': '*' } });
const browser = await openBrowser({ webgpu: false });
const folder = mkdtempSync(path.join(tmpdir(), 'kd-lens-jupyter-'));
const jupyter = await startJupyter();
after(async () => {
  await browser.close();
  await site.close();
  await jupyter.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Starts JupyterLab in the folder, with no settings of whoever runs this. */
async function startJupyter() {
  const own = Object.fromEntries(['JUPYTER_CONFIG_DIR', 'JUPYTER_DATA_DIR', 'JUPYTER_RUNTIME_DIR', 'IPYTHONDIR'].map((name) => [name, path.join(folder, `.${name}`)]));
  const options = ['no-browser', 'allow-root', 'ip=127.0.0.1', 'ServerApp.port=0', `ServerApp.root_dir=${folder}`, 'IdentityProvider.token=', 'LabApp.news_url=None', 'LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate'];
  const server = spawn(python, ['-m', 'jupyterlab', ...options.map((option) => `--${option}`)], { cwd: folder, env: { ...process.env, ...own }, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => server.once('exit', resolve));
  let log = '';
  const port = await new Promise((resolve, reject) => {
    const read = (text) => {
      log += text;
      const found = /http:\/\/127\.0\.0\.1:(\d+)\/lab/.exec(log);
      if (found) resolve(found[1]);
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', reject);
    ended.then((code) => reject(new Error(`JupyterLab ended with ${code}:\n${log}`)));
  });
  return {
    url: `http://localhost:${port}/`,
    async stop() {
      server.kill('SIGTERM');
      // With kernels running it would ask on a terminal; without one it ends after a second signal.
      const late = setTimeout(() => server.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(late);
    },
  };
}

/** A notebook with these cells of Python. */
function notebook(name, cells) {
  const made = cells.map((source, i) => ({ cell_type: 'code', id: `cell-${i}`, metadata: {}, execution_count: null, outputs: [], source }));
  const metadata = { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' } };
  writeFileSync(path.join(folder, name), JSON.stringify({ cells: made, metadata, nbformat: 4, nbformat_minor: 5 }));
}

const KdLens = readFileSync(new URL('../../examples/jupyter.py', import.meta.url), 'utf8').replaceAll('https://example.org/kd-lens/', site.url);
const SETTINGS = '{"dataset": "shapes32", "trainImages": 64, "testImages": 32, "batchSize": 8, "epochs": 1, "backend": "cpu"}';

test('a notebook shows the widget, commands it, and gets its traits and answers back', { timeout: 300_000 }, async () => {
  notebook('lens.ipynb', [
    `${KdLens}\nlens = KdLens(settings={**${SETTINGS}, "temperature": 99}, lock=["seed"], hide=["measured"], title="A lens")\nanswers = []\nlens.on_msg(lambda widget, content, buffers: answers.append(content))\nlens`,
    'lens.settings = {**lens.settings, "temperature": 2}\nlens.send({"id": 1, "call": "run"})',
    'lens.send({"id": 2, "call": "probe", "name": "grad-cam", "options": {"images": [0]}})\nlens.send({"id": 3, "call": "probe", "name": "nothing"})',
    'import json\nprint("told", json.dumps({"state": lens.state, "results": lens.results, "notes": lens.notes, "answers": answers}))',
  ]);
  // Tall, so that the frame stays in sight: training rests where it is not.
  const page = await browser.newPage({ viewport: { width: 1280, height: 3600 } });
  page.setDefaultTimeout(120_000);
  await page.goto(`${jupyter.url}lab/tree/lens.ipynb`);
  await page.locator('.jp-Notebook .jp-CodeCell').nth(3).waitFor();
  await page.locator('.jp-Notebook-ExecutionIndicator[data-status=idle]').waitFor();
  const run = async (index) => {
    await page.locator('.jp-Notebook .jp-CodeCell').nth(index).locator('.cm-content').click();
    await page.keyboard.press('Control+Enter');
  };

  await run(0);
  const output = page.locator('.jp-CodeCell').first().locator('.jp-OutputArea');
  const frame = output.frameLocator('iframe');
  await frame.locator('[data-setting=seed] input').waitFor({ state: 'attached' });
  assert.equal(await output.locator('iframe').getAttribute('title'), 'A lens');
  assert.equal(await frame.locator('[data-setting=seed] input').isDisabled(), true);
  assert.equal(await frame.locator('details.measured').first().isVisible(), false);
  for (const part of ['#teach', '#bench', '[data-chart=accuracy]']) assert.equal(await frame.locator(part).isVisible(), true, part);
  assert.equal(await frame.locator('#look').isVisible(), false, 'parts that were not asked for');
  assert.equal(await frame.getByLabel('Temperature T', { exact: true }).inputValue(), '20');

  await run(1);
  await frame.getByText('Finished.').waitFor();
  assert.equal(await frame.getByLabel('Temperature T', { exact: true }).inputValue(), '2', 'a trait that is set in Python reaches the frame');
  await run(2);
  /** What Python knows. */
  const told = async () => {
    await run(3);
    const text = page.locator('.jp-CodeCell').nth(3).locator('.jp-OutputArea-output').filter({ hasText: /^told / });
    await text.first().waitFor();
    return JSON.parse((await text.first().textContent()).replace(/^told /, ''));
  };
  let known = await told();
  for (let tries = 0; tries < 60 && known.answers.length < 3; tries += 1) {
    await page.waitForTimeout(1000);
    known = await told();
  }
  assert.equal(known.state.phase, 'finished');
  assert.equal(known.state.settings.temperature, 2);
  assert.equal(known.results.evaluations.at(-1).step, 8);
  assert.equal(known.results.evaluations.at(-1).n, 32);
  assert.match(known.notes.join(), /Temperature T to 99; it was brought to 20/);
  const answers = Object.fromEntries(known.answers.map((answer) => [answer.id, answer]));
  assert.deepEqual(Object.keys(answers), ['1', '2', '3']);
  assert.equal(answers[2].value.items[0].teacher.map.length, 64);
  assert.equal(answers[3].error.code, 'probe-unknown');
  await shoot(page, 'jupyter', { fullPage: false });

  // The output is cleared: the frame and its workers go.
  await page.locator('.jp-Notebook .jp-CodeCell').first().locator('.cm-content').click();
  await page.keyboard.press('Escape');
  await page.locator('.jp-Notebook .jp-CodeCell').first().locator('.cm-content').click();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('lens.close()');
  await page.keyboard.press('Control+Enter');
  await output.locator('iframe').waitFor({ state: 'detached' });
  for (let tries = 0; tries < 50 && page.workers().some((worker) => worker.url().startsWith(site.url)); tries += 1) await page.waitForTimeout(100);
  assert.deepEqual(page.workers().map((worker) => worker.url()).filter((url) => url.startsWith(site.url)), []);
});
