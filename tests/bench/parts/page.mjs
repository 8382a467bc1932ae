// The page itself while it trains: the tasks of its main thread, with every panel open.
import { openBrowser, openPage, openSite } from '../../page/harness.mjs';
import { busyRun, watchTasks, observeLongTasks } from '../../page/tasks.mjs';

/** Tasks of the real page's main thread during a run in which every panel computes. */
export async function page(bench) {
  const { s, tell } = bench;
  const site = await openSite();
  const browser = await openBrowser({ webgpu: false });
  try {
    const { page: opened } = await openPage(browser, site);
    opened.setDefaultTimeout(1000 * s.callSeconds);
    await opened.addInitScript(observeLongTasks);
    const { watch, steps, panels } = await busyRun(opened, site, s.pageSteps, () => watchTasks(browser, opened));
    const tasks = await watch.stop();
    const observed = await opened.evaluate(() => window.longTasks);
    const row = {
      steps,
      panels,
      tasks: tasks.length,
      longestThread: tasks[0].thread,
      longestWall: Math.max(...tasks.map(({ wall }) => wall)),
      over50Thread: tasks.filter(({ thread }) => thread > 50).length,
      over50Wall: observed.length,
      longest: tasks.slice(0, 3),
    };
    tell(`the page: longest task ${row.longestThread.toFixed(0)} ms of its thread's time, ${row.longestWall.toFixed(0)} ms on the clock`);
    return { rows: [row] };
  } finally {
    await browser.close();
    await site.close();
  }
}
