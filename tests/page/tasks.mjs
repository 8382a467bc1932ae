// The tasks of a page's main thread, from Chromium's own trace.
//
// A task's time on the clock grows when other programs want the processor, and a stall of the scheduler then looks like a page
// that stutters. The trace also knows for how long the thread itself had a processor: that is the page's own work.

/** Starts to listen. `stop()` returns the tasks, longest first, each with what took most of it. */
export async function watchTasks(browser, page) {
  const categories = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'toplevel', '__metadata'];
  await browser.startTracing(page, { categories });
  return {
    async stop() {
      const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
      return mainThreadTasks(traceEvents, new URL(page.url()).href);
    },
  };
}

/** @returns {{at: number, wall: number, thread: number, parts: string[]}[]} milliseconds */
export function mainThreadTasks(events, url) {
  const frames = events.find(({ name }) => name === 'TracingStartedInBrowser')?.args?.data?.frames ?? [];
  const process = frames.find((frame) => frame.url === url && !frame.parent)?.processId;
  const main = events.find(({ name, pid, args }) => name === 'thread_name' && pid === process && args.name === 'CrRendererMain');
  if (!main) throw new Error(`The trace has no main thread of ${url}.`);
  const own = events.filter(({ ph, pid, tid }) => ph === 'X' && pid === main.pid && tid === main.tid);
  const tasks = own.filter(({ name }) => name === 'RunTask' || name === 'ThreadControllerImpl::RunTask');
  if (!tasks.length || tasks.some(({ tdur }) => tdur === undefined)) throw new Error('The trace does not tell the time of threads.');
  const seen = new Set();
  return tasks
    // Both names stand for one task where both are traced.
    .filter(({ ts }) => !seen.has(ts) && seen.add(ts))
    .map(({ ts, dur, tdur }) => ({ ts, dur, at: ts / 1000, wall: dur / 1000, thread: tdur / 1000 }))
    .sort((a, b) => b.thread - a.thread)
    .map(({ ts, dur, ...task }, i) => ({ ...task, parts: i < 10 ? partsOf(own, ts, dur) : [] }));
}

/** The longest things inside a task: layout, style, a function's call. */
function partsOf(events, from, length) {
  return events
    .filter(({ name, ts, dur }) => ts > from && ts + dur <= from + length && !/RunTask/.test(name))
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
