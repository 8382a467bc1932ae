/**
 * The page inside another page (`embed.html`): the same article, run and views, with only the parts that were asked for,
 * and with words for the page around. The address says which: `options.js`; what is said to whom: `protocol.js`.
 */
import { host } from '../host.js';
import { adoptArticle } from './article.js';
import { placeDialogs } from './dialogs.js';
import { checkOptions, listed, readAddress } from './options.js';
import { THINGS, hideThings, partNames, showParts } from './parts.js';
import { CONNECT, HELLO, PROBLEM, VERSION } from './protocol.js';
import { postHeight, watchHeight } from './size.js';
import { SITE } from '../site.js';
import { language, words } from '../words.js';

const t = words.embed;
const framed = parent !== self;
const post = (message) => framed && parent.postMessage(message, '*');

document.documentElement.lang = language;
document.title = t.title;
const wait = document.getElementById('embed-wait');
if (wait) wait.textContent = t.loading;

begin().catch((error) => {
  if (wait) wait.textContent = error.message;
  // The article may have taken its place.
  if (wait && !wait.isConnected) document.body.replaceChildren(wait);
  post({ type: PROBLEM, version: VERSION, code: 'embed-unreachable', message: error.message });
});

async function begin() {
  const { options, link } = readAddress(location);
  host.embedded = true;
  host.readLink = () => link;
  host.writeLink = () => {};
  host.theme = ['light', 'dark'].includes(options.theme) ? options.theme : 'system';
  await adoptArticle(SITE);
  const parts = partNames();
  const { teach, asks } = showParts(checkOptions({ parts: options.parts }, { parts }).values.parts);
  host.asks = asks;
  hideThings(listed(options.hide));
  placeDialogs();

  // Not before the article is here: the page looks for its places as it loads.
  const [page, { bar }, { Remote, applyHostEverywhere }, { Sight }] = await Promise.all([
    import('../page.js'),
    import('./bar.js'),
    import('./remote.js'),
    import('./sight.js'),
  ]);
  const { experiment } = page;
  const own = bar(experiment, SITE);
  own.show(showParts(checkOptions({ parts: options.parts }, { parts }).values.parts));
  const sight = new Sight(experiment);

  /** Takes options as text; those that are not named stay as they are. */
  function configure(given) {
    const { description } = experiment;
    const settings = [...(description?.settings ?? []), ...(description?.methods ?? []).flatMap((method) => method.settings ?? [])].map((setting) => setting.name);
    const choosable = [...new Set([...settings, 'backend', 'files'])];
    const known = { parts, hide: [...THINGS, ...choosable], lock: ['settings', ...choosable] };
    const { values, notes } = checkOptions(given, known);
    if (values.theme) {
      host.theme = values.theme;
      document.dispatchEvent(new Event('hosttheme'));
    }
    if (values.parts) {
      const shown = showParts(values.parts);
      host.asks = shown.asks;
      own.show(shown);
    }
    if (values.hide) {
      host.hidden = new Set(values.hide);
      hideThings(values.hide);
    }
    if (values.lock) host.locked = new Set(values.lock);
    if (values.offscreen) sight.configure(values.offscreen);
    applyHostEverywhere();
    experiment.dispatchEvent(new Event('change'));
    for (const note of notes) own.say(note);
    return notes;
  }

  /** Names of settings are known with the engine’s table, so lists that may hold some are checked then. */
  const ready = page.ready.then(({ notes, error }) => {
    if (error) own.fail(error);
    else if (!teach) notes.forEach(own.say);
    return { notes: error ? notes : [...notes, ...configure(options)], error };
  });
  const remote = new Remote({ page: { experiment, ready }, sight, site: SITE, configure });
  const tellHeight = watchHeight((height) => {
    if (remote.connected) remote.tell('resize', { height });
    else if (framed) postHeight(height);
  });
  addEventListener('message', ({ source, data, ports }) => {
    if (!framed || source !== parent || data?.type !== CONNECT || data.version !== VERSION || ports.length !== 1) return;
    remote.connect(ports[0]);
    tellHeight();
  });
  post({ type: HELLO, versions: [VERSION] });
  await ready;
}
