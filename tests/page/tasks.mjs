// The tasks of a page's main thread, from Chromium's own trace.
//
// A task's time on the clock grows when other programs want the processor, and a stall of the scheduler then looks like a page
// that stutters. The trace also knows for how long the thread itself had a processor: that is the page's own work.
import { BUTTONS } from './watched.mjs';

/** Images in a step of {@link busyRun}, and training images: an evaluation every eight steps. */
const [BATCH, IMAGES] = [4, 32];

/**
 * A run of the page in which every panel is open and has been asked. It is over when this returns.
 * @param {number} steps a multiple of 8
 * @param {() => Promise<T>} begin called when the page is ready, just before the run
 * @returns {Promise<{watch: T, steps: number, panels: number}>} `panels`: how many were asked
 * @template T
 */
export async function busyRun(page, site, steps, begin) {
  const epochs = Math.ceil((steps * BATCH) / IMAGES);
  await page.goto(`${site.url}#dataset=shapes32&trainImages=${IMAGES}&testImages=40&batchSize=${BATCH}&epochs=${epochs}&backend=cpu`);
  await page.getByText('images are shown to each student').waitFor();
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  const watch = await begin();
  await page.locator('#bench').getByRole('button', { name: 'Distil' }).click();
  await page.getByText(/^Training\./).waitFor();
  const asked = [];
  for (const [panel, [place, name]] of Object.entries(BUTTONS)) {
    const button = page.locator(place).getByRole('button', { name, exact: true });
    await page.locator(place).scrollIntoViewIfNeeded();
    // Some panels have nothing to ask of this method.
    if ((await button.count()) === 0 || !(await button.isEnabled())) continue;
    await button.click();
    asked.push(panel);
  }
  await page.getByText('Finished.').waitFor();
  for (const panel of asked) {
    const [place, name] = BUTTONS[panel];
    // The run may have gone on since, which the panel then says behind it.
    const own = page.locator(place).locator('.many', { has: page.getByRole('button', { name, exact: true }) });
    await own.getByText(/^Computed at step \d+|^\d+ images\.$/).waitFor();
  }
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
