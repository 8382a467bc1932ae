// The benchmark's tables, and how they get into docs/benchmarks.md.

export const MARKERS = ['<!-- bench: written by cargo xtask bench -->', '<!-- end of bench -->'];

/** Three digits, or whole numbers from 100 on. */
export function figure(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString('en-GB', { minimumFractionDigits: Math.min(digits, 6), maximumFractionDigits: Math.min(digits, 6) });
}

const range = (row) => (row.n > 1 ? `${figure(row.median)} (${figure(row.low)}–${figure(row.high)})` : figure(row.median));
const MB = (bytes) => figure(bytes === null || bytes === undefined ? null : bytes / 1e6);
const times = (value) => (value === null ? '–' : `${figure(value)} ×`);

/** A Markdown table. */
export function table(head, rows) {
  // A cell that holds a | would end there.
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** How a row's median stands to that of the row of a name; null where one of them is missing. */
export function ratio(rows, row, name) {
  const base = rows.find((other) => other.name === name);
  return base?.median > 0 && row.median > 0 ? row.median / base.median : null;
}

/** What a reader must know of a row besides its number. */
function remark(row) {
  if (row.error) return `failed: ${row.error.split('\n')[0]}`;
  const parts = [`${row.n} × ${row.repeats}`];
  if (row.stopped) parts.push('stopped by the time limit');
  return parts.join(', ');
}

const checkText = (check) => (!check ? '–' : check.losses === null || check.losses === undefined ? 'not trained' : `${check.before.toExponential(0)} · ${check.losses.toExponential(0)}`);

const OWN = ['kd-lens cpu', 'kd-lens gpu'];

const TABLES = {
  step: {
    title: 'A supervised training step',
    text: (s) => `ResNet-8 (16/32/64 channels, 78 k parameters), batch ${s.batch}: forward, backward, SGD with momentum and weight decay. Same weights in; *check*: largest difference of logits and of the losses of ${s.checkSteps} steps from kd-lens’s CPU engine. kd-lens’s number is half of a step of two equal networks and holds the making of the batch, which the others find ready. *Samples*: how many, times steps in each.`,
    head: ['implementation', 'ms a step', 'of kd-lens cpu', 'of kd-lens gpu', 'check', 'samples'],
    row: (row, rows) => [row.name, range(row), ...OWN.map((name) => times(ratio(rows, row, name))), checkText(row.check), remark(row)],
  },
  distil: {
    title: 'A distillation step: teacher, student and control',
    text: (s) => `ResNet-20 teaches ResNet-8 (KL), the control beside it, batch ${s.batch}; one step of both. *Labels only*: the same pair without a teacher. PyTorch makes the teacher’s forward pass and the two steps one after the other.`,
    head: ['implementation', 'ms a step', 'of kd-lens cpu, 1 worker: labels only', 'samples'],
    row: (row, rows) => [row.name, range(row), times(ratio(rows, row, 'kd-lens cpu, 1 worker: labels only')), remark(row)],
  },
  inference: {
    title: 'Inference',
    text: () => 'ResNet-20, batches of 100 images, answers read back.',
    head: ['implementation', 'images a second', 'of kd-lens cpu', 'of kd-lens gpu', 'samples'],
    row: (row, rows) => [row.name, range(row), ...OWN.map((name) => times(ratio(rows, row, name))), remark(row)],
  },
  dispatches: {
    title: 'WebGPU calls of a supervised step',
    text: (s) => `Dispatches and submits, mean over ${s.countedSteps} steps; buffers and their largest sum of bytes at any time since the page was opened.`,
    head: ['implementation', 'dispatches', 'submits', 'live buffers', 'peak of buffers, MB'],
    row: (row) => (row.error ? [row.name, `failed: ${row.error}`, '–', '–', '–'] : [row.name, figure(row.dispatches), figure(row.submits), figure(row.buffers), MB(row.peakBytes)]),
  },
  loading: {
    title: 'From the navigation to the first training step; downloads; memory',
    text: (s) => `A page that loads the library, opens one network (kd-lens: teacher, student and control, and on WebGPU the check against its CPU engine) and trains one step, served from this machine: no network is in these times. *Cold*: a browser that never saw the site; *warm*: a second page of it. Downloads are the library’s own scripts and modules as loaded. Memory after ${s.stepsBeforeMemory + 1} steps: what the browser says the page and its workers hold (JavaScript and WebAssembly), the peak of the page’s process, and the peak of its GPU buffers.`,
    head: ['implementation', 'cold, ms', 'warm, ms', 'download, MB', 'with brotli, MB', 'held, MB', 'peak of the process, MB', 'peak of GPU buffers, MB'],
    row: (row) => [
      row.name,
      row.error ? `failed: ${row.error}` : range(row.cold),
      row.warm ? range(row.warm) : '–',
      MB(row.download?.raw),
      MB(row.download?.brotli),
      MB(row.memory?.held),
      MB(row.memory?.renderer),
      MB(row.memory?.gpuPeak || null),
    ],
  },
  page: {
    title: 'Tasks of the page’s main thread',
    text: () => 'The real page while it trains on the CPU engine, every panel open and asked. *Thread*: time for which the thread had a processor; *clock*: what passed meanwhile, which on a busy machine also holds the waiting for one.',
    head: ['steps', 'panels asked', 'tasks', 'longest: thread, ms', 'longest: clock, ms', 'over 50 ms: thread', 'over 50 ms: clock'],
    row: (row) => [row.steps, row.panels, row.tasks, figure(row.longestThread), figure(row.longestWall), row.over50Thread, row.over50Wall],
  },
};

function aboutRun({ at, machine, quiet, quick, load, busyElsewhere }) {
  const notes = [machine.join('; '), `load ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after, ${figure(busyElsewhere)} processors busy with other programs`];
  if (!quiet) notes.push('**not a quiet machine**');
  if (quick) notes.push('a quick look with few samples');
  return `Measured ${at.slice(0, 10)}: ${notes.join('; ')}.`;
}

/** All parts that there are, as Markdown. Parts that were measured in one run say once where. */
export function markdown(results) {
  const chapters = Object.entries(TABLES).filter(([name]) => results.parts[name]).map(([name, layout]) => {
    const part = results.parts[name];
    const rows = part.rows.map((row) => layout.row(row, part.rows));
    return `### ${layout.title}\n\n${layout.text(part.run.settings)}\n\n${table(layout.head, rows)}\n\n${aboutRun(part.run)}`;
  });
  return `## Against the peers\n\nWritten by \`cargo xtask bench\`; medians, in brackets the lowest and highest sample. All numbers: [benchmarks.json](benchmarks.json).\n\n${chapters.join('\n\n')}`;
}

/** The document with what stands between the markers replaced; without markers, they are added at its end. */
export function between(document, text) {
  const [start, end] = MARKERS;
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 && to < 0) return `${document.trimEnd()}\n\n${start}\n\n${text}\n\n${end}\n`;
  if (from < 0 || to < from) throw new Error(`The document needs ${start} and then ${end}.`);
  return `${document.slice(0, from + start.length)}\n\n${text}\n\n${document.slice(to)}`;
}
