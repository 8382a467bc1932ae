/** In the form: a folder of pictures by class in place of the site's images. */
import { fill, h, newId, say } from '../dom.js';
import { integer, list, plural } from '../format.js';
import { droppedEntries, entriesOf, pack, sort } from '../own/folder.js';
import { problemWith, settingsOf } from '../settings.js';
import { problemBox } from './boxes.js';

const TEXT = {
  label: 'A folder of images by class',
  help: 'A folder with a folder of PNG or JPEG files for each class, or with train/ and test/ above them; 10 or 100 classes. Choose it or drop it here. Each picture is cut to a square in the middle and brought to 32 × 32 pixels. They stay on your computer.',
  names: 'The folders are named as the classes of the data set, so its teacher knows them.',
  own: 'The folders have names of their own. The site’s teachers have never seen such classes: give the weights of a teacher of your own as well, or there is nothing to be learnt from it.',
  clear: 'Clear',
};

/** @param {import('../experiment.js').Experiment} experiment */
export function folderField(experiment) {
  const id = newId('folder');
  const state = h('p', { class: 'fine', role: 'status' });
  const problems = h('div', {});
  let stop = null;
  const input = h('input', { id, type: 'file', webkitdirectory: true, multiple: true, 'aria-describedby': `${id}-help`, onchange: () => input.files.length > 0 && take(async () => entriesOf(input.files)) });
  const clear = h('button', { class: 'quiet', type: 'button', onclick: () => { stop?.abort(); input.value = ''; use(null); say(state, ''); fill(problems); } }, TEXT.clear, h('span', { class: 'visually-hidden' }, ` ${TEXT.label}`));
  const over = (event, entered) => {
    event.preventDefault();
    zone.classList.toggle('over', entered);
  };
  const zone = h(
    'div',
    { class: 'field drop', ondragover: (event) => over(event, true), ondragleave: (event) => over(event, false), ondrop: (event) => { over(event, false); const { dataTransfer } = event; take(() => droppedEntries(dataTransfer)); } },
    h('label', { htmlFor: id }, TEXT.label),
    input,
    h('p', { class: 'help', id: `${id}-help` }, TEXT.help),
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
      const { dataset, names, known, train, test, ignored } = sort(await entries, experiment.description.datasets);
      const total = train.length + test.length;
      const tell = (before) => (done) => (done % 20 === 0 || before + done === total) && say(state, `Reading the pictures: ${integer(before + done)} of ${integer(total)}.`);
      const packed = { train: await pack(train, dataset, 'train.bin', tell(0), signal), test: await pack(test, dataset, 'test.bin', tell(train.length), signal) };
      signal.throwIfAborted();
      const counts = { trainImages: packed.train.count, testImages: packed.test.count };
      const wrong = settingsOf(experiment.description, experiment.form.method).filter((setting) => setting.name in counts).map((setting) => problemWith(setting, counts[setting.name])).find(Boolean);
      if (wrong) throw Object.assign(new Error(`There are too few pictures. ${wrong}`), { code: 'data-missing' });
      use({ train: [packed.train.file], test: [packed.test.file], classes: known ? null : names });
      await experiment.set('dataset', dataset);
      for (const [name, count] of Object.entries(counts)) if (experiment.form[name] > count) await experiment.set(name, count);
      const lost = [...packed.train.unreadable, ...packed.test.unreadable];
      say(state, [
        `${plural(counts.trainImages, 'training image')} and ${plural(counts.testImages, 'test image')} of ${names.length} classes, used from the next start on.`,
        known ? TEXT.names : TEXT.own,
        lost.length > 0 ? `${plural(lost.length, 'file')} could not be read as a picture: ${list(lost.slice(0, 5))}${lost.length > 5 ? ' and others' : ''}.` : '',
        ignored > 0 ? `${plural(ignored, 'other file')} passed over.` : '',
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
