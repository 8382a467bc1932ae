// The states of the page that are looked at, and how each comes about. Numbers are real ones; runs are small.
import { BUTTONS, put } from '../page/watched.mjs';

/** A run of seconds on images that the page draws itself; SRD, so that there is a projector to look at. */
const SHORT = '#dataset=shapes32&method=srd&trainImages=512&testImages=64&batchSize=32&epochs=4&backend=cpu';
const LESSON = '#lesson=inheritance&dataset=shapes32&batchSize=32&epochs=2&trainImages=256&testImages=64&backend=cpu';
const panel = (name) => ({ name, selector: `#${name}-panel` });

const ready = (page) => page.getByText('images are shown to each student').waitFor();

async function open(page, address) {
  await page.goto(address);
  await ready(page);
}

/** Waits until the panels that ask by themselves have their answer. */
async function looked(page) {
  for (const id of ['#look-panel', '#fool-panel']) {
    await page.locator(id).scrollIntoViewIfNeeded();
    await page.locator(id).getByText(/^Computed at step [\d,]+\.$/).first().waitFor();
  }
}

async function distil(page) {
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText('Finished.').waitFor();
  await looked(page);
}

/** Puts every question whose button can be pressed. */
async function askAll(page, but = []) {
  for (const [name, [where, label]] of Object.entries(BUTTONS)) {
    const button = page.locator(where).getByRole('button', { name: label, exact: true });
    if (but.includes(name) || !(await button.isVisible()) || !(await button.isEnabled())) continue;
    await put(page, name);
  }
}

/** A picture of one's own: the icon-like drawing of a red disc on blue, wide, so that it must be cut. */
async function ownPicture(page) {
  const address = await page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 96, height: 64 });
    const draw = canvas.getContext('2d');
    draw.fillStyle = '#2a5d9f';
    draw.fillRect(0, 0, 96, 64);
    draw.fillStyle = '#e0452b';
    draw.beginPath();
    draw.arc(48, 32, 22, 0, 7);
    draw.fill();
    return canvas.toDataURL('image/png');
  });
  await page.locator('#own-panel input[type=file]').first().setInputFiles({ name: 'disc.png', mimeType: 'image/png', buffer: Buffer.from(address.split(',')[1], 'base64') });
  await page.locator('#own-panel .bars tbody tr').first().waitFor();
}

const openAll = (selector) => (page) => page.evaluate((which) => {
  for (const details of document.querySelectorAll(which)) details.open = true;
}, selector);

export const SCENES = [
  {
    name: 'opening',
    shows: 'the page as it opens, with the recorded run; its networks have looked at one image',
    async prepare(page, { url }) {
      await page.goto(url);
      await page.getByText('Recorded run.').waitFor();
      await looked(page);
    },
    parts: [
      { name: 'opening-view', selector: 'view' },
      { name: 'opening', selector: '.opening' },
      { name: 'bench-view', selector: 'view', at: '#bench' },
      { name: 'recorded-teach', selector: '#bench' },
      { name: 'recorded-look', selector: '#look-panel' },
      { name: 'words', selector: '#words' },
      { name: 'sources', selector: '.end' },
    ],
  },
  {
    name: 'recorded',
    shows: 'every question put to the networks of the recorded run, and a picture of one’s own',
    async prepare(page, { url }) {
      await page.goto(url);
      await page.getByText('Recorded run.').waitFor();
      await looked(page);
      await askAll(page);
      await ownPicture(page);
    },
    parts: ['look', 'own', 'fool', 'invariance', 'domains', 'shape', 'fidelity', 'rescaling', 'boundary', 'layers', 'relevance', 'projector', 'take'].map(panel),
  },
  {
    name: 'empty',
    shows: 'a link with other settings: nothing has been computed, the settings are open, the texts behind the panels too',
    async prepare(page, { url }) {
      await open(page, `${url}${SHORT}`);
      await openAll('details')(page);
    },
    parts: [
      { name: 'settings', selector: '#bench' },
      ...['teach', 'look', 'fool', 'ignore', 'why', 'take'].map((name) => ({ name: `empty-${name}`, selector: `#${name}` })),
    ],
  },
  {
    name: 'finished',
    shows: 'a short run on Shapes-32 with SRD, finished; what only such a run shows, several seeds, the figures listed',
    async prepare(page, { url }) {
      await open(page, `${url}${SHORT}`);
      await distil(page);
      await put(page, 'maps');
      await put(page, 'unicam');
      await put(page, 'shape');
      await put(page, 'projector');
      await page.locator('#take').getByRole('button', { name: 'List the figures' }).click();
      await page.locator('.take-figures li').first().waitFor();
      await openAll('.chart details, .as-table')(page);
    },
    parts: [
      { name: 'finished-teach', selector: '#bench' },
      { name: 'finished-look', selector: '#look-panel' },
      { name: 'finished-shape', selector: '#shape-panel' },
      { name: 'finished-projector', selector: '#projector-panel' },
      { name: 'finished-take', selector: '#take-panel' },
    ],
  },
  {
    name: 'running',
    shows: 'a run that was paused, a setting that waits for the next start, a value that cannot be, the dialog before a new start',
    async prepare(page, { url }) {
      await open(page, `${url}#dataset=shapes32&trainImages=512&testImages=32&batchSize=16&epochs=20&backend=cpu`);
      await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
      await page.getByText(/^Training\./).waitFor();
      await page.getByRole('button', { name: 'Pause' }).click();
      await page.getByText('Paused.').waitFor();
      await page.evaluate(() => document.querySelector('details.setup').setAttribute('open', ''));
      const change = async (name, value) => {
        const field = page.locator(`[data-setting=${name}] input`).first();
        await field.fill(value);
        await field.blur();
      };
      await change('seed', '3');
      await page.evaluate(() => {
        for (const details of document.querySelectorAll('details.setup details')) details.open = true;
      });
      await change('batchSize', '1');
      await page.locator('.run-state').getByRole('button', { name: 'Start again' }).or(page.locator('#bench').getByRole('button', { name: 'Start again' })).first().click();
      await page.getByRole('dialog').waitFor();
    },
    dressed: async (page) => page.locator('dialog[open]').scrollIntoViewIfNeeded(),
    parts: [
      { name: 'dialog', selector: 'view' },
      { name: 'paused', selector: '#bench' },
    ],
  },
  {
    name: 'seeds',
    shows: 'the same run with two seeds',
    async prepare(page, { url }) {
      await open(page, `${url}#dataset=shapes32&trainImages=256&testImages=64&batchSize=32&epochs=2&backend=cpu`);
      const seeds = page.locator('#seeds-panel');
      await seeds.locator('select, input').first().waitFor();
      await seeds.getByRole('button').first().click();
      await seeds.locator('[data-answer]').filter({ hasText: /\d/ }).first().waitFor();
      await seeds.getByText(/Stop/).waitFor({ state: 'hidden' });
    },
    parts: [panel('seeds')],
  },
  {
    name: 'lesson',
    shows: 'a lesson: the question, then the prediction beside what came out',
    async prepare(page, { url }) {
      await page.goto(`${url}${LESSON}`);
      await page.locator('#lesson input[type=radio]').first().check();
    },
    parts: [
      { name: 'lesson-opening', selector: 'view' },
      { name: 'lesson-question', selector: '#lesson' },
    ],
  },
  {
    name: 'lesson-answer',
    shows: 'the same lesson, answered',
    async prepare(page, { url }) {
      await page.goto(`${url}${LESSON}`);
      await page.locator('#lesson input[type=radio]').first().check();
      await page.locator('#lesson').getByRole('button', { name: 'Run it and see' }).click();
      await page.locator('[data-answer=lesson]').waitFor();
    },
    parts: [{ name: 'lesson-answer', selector: '#lesson' }],
  },
  {
    name: 'error',
    shows: 'a link with values that cannot be, and an engine that cannot be loaded',
    allowed: /503|404/,
    async prepare(page, { url }) {
      await page.route('**/engine/**', (route) => route.fulfill({ status: 503, body: '' }));
      await page.goto(`${url}#temperature=99&nonsense=1&student=resnet9`);
      await page.locator('.alert').first().waitFor();
    },
    parts: [{ name: 'error-view', selector: 'view' }, { name: 'error', selector: '#bench' }],
  },
  {
    name: 'link',
    shows: 'what is said about a link with values that cannot be',
    async prepare(page, { url }) {
      await page.goto(`${url}#temperature=99&nonsense=1&student=resnet9&dataset=shapes32`);
      await page.locator('.notice').first().waitFor();
    },
    parts: [{ name: 'link', selector: '#teach' }],
  },
  {
    name: 'element',
    shows: 'the element in a page of somebody else, with two parts, after a run',
    async prepare(page, { url }) {
      const body = `<!doctype html><html lang="en"><head><title>A course</title><link rel="icon" href="data:,"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
        <script type="module" src="${url}element.js"></script></head><body><h1>A course</h1><p>Text of the course.</p>
        <kd-lens title="Distil a network" dataset="shapes32" train-images="256" test-images="64" batch-size="32" epochs="2" backend="cpu" parts="teach,look" lock="dataset"></kd-lens><p>More text.</p></body></html>`;
      await page.route('**/course.html', (route) => route.fulfill({ contentType: 'text/html', body }));
      await page.goto(`${url}course.html`);
      await page.waitForFunction(() => customElements.get('kd-lens'));
      await page.evaluate(async () => document.querySelector('kd-lens').kdLens(1).ready());
      await page.evaluate(() => document.querySelector('kd-lens').run());
      await page.waitForFunction(() => document.querySelector('kd-lens').state.phase === 'finished');
      const look = page.frameLocator('iframe').locator('#look-panel');
      await look.scrollIntoViewIfNeeded();
      await look.getByText(/^Computed at step [\d,]+\.$/).first().waitFor();
    },
    parts: [{ name: 'element', selector: 'page' }],
  },
  {
    name: 'course',
    shows: 'the lesson page of examples/',
    async prepare(page, { url }) {
      await page.goto(`${url}examples/dark-knowledge.html?trainImages=64&testImages=40&batchSize=16&epochs=1&backend=cpu`);
      await page.getByText('Ready. Three trainings').waitFor();
      await page.getByRole('button', { name: 'Train the three students' }).click();
      await page.getByText(/^All three have been trained/).waitFor();
    },
    parts: [{ name: 'course', selector: 'page' }],
  },
  {
    name: 'print',
    shows: 'the page on paper, after a few questions',
    print: true,
    async prepare(page, { url }) {
      await page.goto(url);
      await page.getByText('Recorded run.').waitFor();
      await looked(page);
      for (const name of ['maps', 'attack', 'fidelity', 'invariance']) await put(page, name);
    },
  },
];
