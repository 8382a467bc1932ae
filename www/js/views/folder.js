/** In the form: a folder of pictures by class in place of the site's images. */
import { fill, h, newId, say } from '../dom.js';
import { integer, list } from '../format.js';
import { droppedEntries, entriesOf } from '../own/entries.js';
import { problemWith, settingsOf } from '../settings.js';
import { language, words } from '../words.js';
import { problemBox } from './boxes.js';

const t = words.folder;
/** Files that a sentence lists. */
const MOST_LISTED = 5;

/** @param {import('../experiment.js').Experiment} experiment */
export function folderField(experiment) {
  const id = newId('folder');
  const state = h('p', { class: 'fine', role: 'status' });
  const problems = h('div', {});
  let stop = null;
  const input = h('input', { id, type: 'file', webkitdirectory: true, multiple: true, 'aria-describedby': `${id}-help`, onchange: () => input.files.length > 0 && take(async () => entriesOf(input.files)) });
  const clear = h('button', { class: 'quiet', type: 'button', onclick: () => { stop?.abort(); input.value = ''; use(null); say(state, ''); fill(problems); } }, t.clear, h('span', { class: 'visually-hidden' }, ` ${t.label}`));
  const over = (event, entered) => {
    event.preventDefault();
    zone.classList.toggle('over', entered);
  };
  const zone = h(
    'div',
    { class: 'field drop', ondragover: (event) => over(event, true), ondragleave: (event) => over(event, false), ondrop: (event) => { over(event, false); const { dataTransfer } = event; take(() => droppedEntries(dataTransfer)); } },
    h('label', { htmlFor: id }, t.label),
    input,
    h('p', { class: 'help', id: `${id}-help` }, t.help),
    h('div', { class: 'buttons' }, clear),
    state,
    problems,
  );
  return zone;

  async function take(read) {
    stop?.abort();
    stop = new AbortController();
    const { signal } = stop;
    fill(problems);
    use(null);
    try {
      const entries = read();
      const { pack, sort } = await import('../own/folder.js');
      const { dataset, names, known, train, test, ignored } = sort(await entries, experiment.description.datasets);
      const total = train.length + test.length;
      const tell = (before) => (done) => (done % 20 === 0 || before + done === total) && say(state, t.reading(integer(before + done), integer(total)));
      const packed = { train: await pack(train, dataset, 'train.bin', tell(0), signal), test: await pack(test, dataset, 'test.bin', tell(train.length), signal) };
      signal.throwIfAborted();
      const counts = { trainImages: packed.train.count, testImages: packed.test.count };
      const wrong = settingsOf(experiment.description, experiment.form.method).filter((setting) => setting.name in counts).map((setting) => problemWith(setting, counts[setting.name], words.settings)).find(Boolean);
      if (wrong) throw Object.assign(new Error(t.tooFew(wrong)), { code: 'data-missing', language });
      use({ train: [packed.train.file], test: [packed.test.file], classes: known ? null : names });
      await experiment.set('dataset', dataset);
      for (const [name, count] of Object.entries(counts)) if (experiment.form[name] > count) await experiment.set(name, count);
      const lost = [...packed.train.unreadable, ...packed.test.unreadable];
      say(state, [
        t.counts(counts.trainImages, counts.testImages, names.length),
        known ? t.known : t.own,
        lost.length > 0 ? t.unreadable(lost.length, lost.length > MOST_LISTED ? t.andOthers(lost.slice(0, MOST_LISTED)) : list(lost)) : '',
        ignored > 0 ? t.ignored(ignored) : '',
      ].filter(Boolean).join(' '));
    } catch (error) {
      if (signal.aborted) return;
      say(state, '');
      fill(problems, problemBox(error));
    }
  }

  function use(files) {
    Object.assign(experiment.files, files ?? { train: null, test: null, classes: null });
    experiment.dispatchEvent(new Event('change'));
  }
}
