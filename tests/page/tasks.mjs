// The tasks of a page's main thread, from Chromium's own trace.
//
// A task's time on the clock grows when other programs want the processor, and a stall of the scheduler then looks like a page
// that stutters. The trace also knows for how long the thread itself had a processor: that is the page's own work.
import { BUTTONS } from './watched.mjs';

/** Images in a step of {@link busyRun}, and training images: an evaluation every eight steps. */
const [BATCH, IMAGES] = [4, 32];
/** Milliseconds after which a run that does not get on is given up. */
const PATIENCE = 1_200_000;

/** Waits for something cheap to ask. Playwright's own waiting looks through the whole article again and again, on the thread that is watched. */
async function until(page, question, argument) {
  const end = Date.now() + PATIENCE;
  while (!(await page.evaluate(question, argument))) {
    if (Date.now() > end) throw new Error(`It never came to this: ${question} (${JSON.stringify(argument)})`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const phase = (wanted) => wanted.some((word) => document.querySelector('.run-state .now')?.textContent.startsWith(word));

/** Presses a panel's button; false where the panel has nothing to ask of this run. */
const press = ([panel, name]) => {
  const button = [...document.querySelectorAll(`${panel} button`)].find((one) => one.textContent === name);
  if (!button || button.disabled) return false;
  button.scrollIntoView({ block: 'center' });
  button.click();
  return true;
};

/** Whether the answer to a panel's button stands there; the run may have gone on since. */
const answered = ([panel, name]) => {
  const own = [...document.querySelectorAll(`${panel} .many`)].find((many) => [...many.querySelectorAll('button')].some((one) => one.textContent === name));
  return [...(own?.querySelectorAll('.fine') ?? [])].some((state) => /^Computed at step \d|^[\d,]+ images\.$/.test(state.textContent));
};

/**
 * A run of the page in which every panel is open and has been asked. It is over when this returns.
 * @param {number} steps a multiple of 8
 * @param {() => Promise<T>} begin called when the page is ready, just before the run
 * @returns {Promise<{watch: T, steps: number, panels: number}>} `panels`: how many were asked
 * @template T
 */
export async function busyRun(page, site, steps, begin) {
  const epochs = Math.ceil((steps * BATCH) / IMAGES);
  await page.goto(`${site.url}#dataset=shapes32&trainImages=${IMAGES}&testImages=64&batchSize=${BATCH}&epochs=${epochs}&backend=cpu`);
  await page.getByText('images are shown to each student').waitFor();
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  const watch = await begin();
  await until(page, press, ['#bench', 'Distil']);
  await until(page, phase, ['Training.', 'Finished.']);
  // Panels are put into the page one after the other, while it has nothing better to do.
  await until(page, (panels) => panels.filter(([panel, name]) => [...document.querySelectorAll(`${panel} button`)].some((one) => one.textContent === name)).length >= 10, Object.values(BUTTONS));
  const asked = [];
  for (const panel of Object.values(BUTTONS)) if (await page.evaluate(press, panel)) asked.push(panel);
  await until(page, phase, ['Finished.']);
  for (const panel of asked) await until(page, answered, panel);
  return { watch, steps: (epochs * IMAGES) / BATCH, panels: asked.length };
}

/** Starts to listen. `stop()` returns the tasks, longest first, each with what took most of it. */
export async function watchTasks(browser, page) {
  const categories = ['devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'];
  await browser.startTracing(page, { categories });
  return {
    async stop() {
      const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
      return mainThreadTasks(traceEvents);
    },
  };
}

/** @returns {{at: number, wall: number, thread: number, parts: string[]}[]} milliseconds */
export function mainThreadTasks(events) {
  const frames = events.find(({ name }) => name === 'TracingStartedInBrowser')?.args?.data?.frames ?? [];
  const process = frames.find((frame) => frame.isOutermostMainFrame)?.processId;
  const main = events.find(({ name, pid, args }) => name === 'thread_name' && pid === process && args.name === 'CrRendererMain');
  if (!main) throw new Error('The trace has no main thread of the page.');
  const own = events.filter(({ ph, pid, tid }) => ph === 'X' && pid === main.pid && tid === main.tid);
  const tasks = own.filter(({ name }) => name === 'RunTask');
  if (!tasks.length || tasks.some(({ tdur }) => tdur === undefined)) throw new Error('The trace does not tell the time of threads.');
  return tasks
    .sort((a, b) => b.tdur - a.tdur)
    .map(({ ts, dur, tdur }, i) => ({ at: ts / 1000, wall: dur / 1000, thread: tdur / 1000, parts: i < 10 ? partsOf(own, ts, dur) : [] }));
}

/** The longest things inside a task: layout, style, a function's call. */
function partsOf(events, from, length) {
  return events
    .filter(({ name, ts, dur }) => ts > from && ts + dur <= from + length && name !== 'RunTask')
    .sort((a, b) => b.dur - a.dur)
    .slice(0, 5)
    .map(({ name, dur, args }) => {
      const { functionName, url, lineNumber } = args?.data ?? {};
      const where = functionName || url ? ` ${functionName ?? ''} ${String(url ?? '').split('/').pop()}:${lineNumber ?? ''}` : '';
      return `${name}${where} ${(dur / 1000).toFixed(1)} ms`;
    });
}

/** Also what an observer in the page is told: tasks that lasted over 50 ms on the clock. To be run before the page's own scripts. */
export const observeLongTasks = () => {
  window.longTasks = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.longTasks.push(entry.duration);
  }).observe({ type: 'longtask', buffered: true });
};
