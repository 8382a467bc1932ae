// How busy the machine is with other things.
import os from 'node:os';

const busyAndAll = () => os.cpus().reduce(([busy, all], { times }) => {
  const total = Object.values(times).reduce((sum, ms) => sum + ms, 0);
  return [busy + total - times.idle, all + total];
}, [0, 0]);

/** Processors that are busy while we wait: with other programs, since ours do nothing now. */
export async function busyElsewhere(seconds = 2) {
  const [busy, all] = busyAndAll();
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  const [busyNow, allNow] = busyAndAll();
  return (os.cpus().length * (busyNow - busy)) / Math.max(1, allNow - all);
}
