/**
 * `<kd-lens>`: kd-lens as one element of any page.
 *
 *     <script type="module" src="https://…/kd-lens/element.js"></script>
 *     <kd-lens temperature="2" parts="teach,look" lock="seed" title="Distillation to try"></kd-lens>
 *
 * The element holds a frame with `embed.html` of the site that this file came from (or of `src`) and talks to it through a
 * MessagePort, so that neither page's styles, ids or errors reach the other and everything is freed when the element is
 * removed. Attributes, properties, methods and events are documented in `element.d.ts`.
 */
import { CONNECT, HELLO, PROBLEM, VERSION } from './js/embed/protocol.js';

const HERE = new URL('.', /* @vite-ignore */ import.meta.url);
/** Versions of the API that `kdLens(version)` gives. */
const VERSIONS = [1];
/** Options of the frame that are not settings of the run. */
const FRAME = ['parts', 'hide', 'lock', 'offscreen'];
/** Settings of the run that are attributes of their own; all others, such as a method's, stand in `settings`. */
const SETTINGS = {
  dataset: 'dataset', teacher: 'teacher', student: 'student', method: 'method', assistants: 'assistants', optimiser: 'optimiser',
  'learning-rate': 'learningRate', momentum: 'momentum', 'weight-decay': 'weightDecay', 'batch-size': 'batchSize', epochs: 'epochs',
  seed: 'seed', copies: 'copies', 'train-images': 'trainImages', 'test-images': 'testImages', augment: 'augment', 'evaluate-every': 'evaluateEvery',
  backend: 'backend', temperature: 'temperature', alpha: 'alpha', beta: 'beta', gamma: 'gamma',
};
/** Seconds after the frame has loaded within which it must have said hello. */
const PATIENCE = 20;

const WORDS = {
  loading: 'kd-lens is being loaded.',
  silent: (url) => `There was no answer from ${url}. Is it a site of kd-lens, and does this page’s Content-Security-Policy allow it under “frame-src”?`,
  address: (src) => `The attribute src cannot be “${src}”: it must be the address of a folder that holds embed.html.`,
  gone: 'The element was removed from its page, or its frame was loaded again.',
  early: 'The element is not in a page, so there is nothing to command.',
  version: (version) => `<kd-lens> has no API of version ${version}. There are: ${VERSIONS.join(', ')}.`,
};

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host { display: block; position: relative; min-height: 12rem; }
  :host([hidden]) { display: none; }
  iframe { display: block; width: 100%; height: 40rem; border: 0; }
  p { margin: 0; }
`);

/** An error with a stable `code`. */
class KdLensError extends Error {
  constructor(code, message) {
    super(message);
    this.name = 'KdLensError';
    this.code = code;
  }
}

export class KdLensElement extends HTMLElement {
  static #site = HERE;
  static #connected = new Set();
  static observedAttributes = ['src', 'title', 'lang', 'theme', 'settings', 'loading', ...FRAME, ...Object.keys(SETTINGS)];

  /** Address of the site for elements without `src`. A bundler that moves this file does not move the site with it. */
  static get site() {
    return this.#site;
  }

  static set site(address) {
    this.#site = address;
    // Elements that were in the page before the script could say this have begun at the wrong place.
    for (const element of this.#connected) if (element.#frame && !element.hasAttribute('src')) element.#reopen();
  }

  #root = this.attachShadow({ mode: 'open' });
  #frame = null;
  #port = null;
  #near = null;
  #timer = null;
  #frameTitle = 'kd-lens';
  #dark = matchMedia('(prefers-color-scheme: dark)');
  #calls = new Map();
  #next = 0;
  #state = null;
  #ready = resolvers();
  #readyState = 'idle';
  #changes = new Set();
  /** Settings that were named before; those that are named no more go back to their defaults. */
  #dropped = new Set();

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [sheet];
    this.#root.append(document.createElement('slot'));
    this.#ready.promise.catch(() => {});
  }

  /**
   * @param {number} version
   * @returns {object} the methods of that version, frozen
   */
  kdLens(version) {
    if (!VERSIONS.includes(version)) throw new KdLensError('api-version', WORDS.version(version));
    return this.#api;
  }

  /** `idle` (not near the view yet), `loading`, `ready` or `failed`. */
  get readyState() {
    return this.#readyState;
  }

  /** What the frame last said about itself; null before it is ready. */
  get state() {
    return this.#state;
  }

  run() {
    return this.#api.run();
  }

  pause() {
    return this.#api.pause();
  }

  step() {
    return this.#api.step();
  }

  stop() {
    return this.#api.stop();
  }

  drop() {
    return this.#api.drop();
  }

  set(values) {
    return this.#api.set(values);
  }

  results() {
    return this.#api.results();
  }

  probe(name, options) {
    return this.#api.probe(name, options);
  }

  describe() {
    return this.#api.describe();
  }

  #api = Object.freeze({
    version: 1,
    ready: () => this.#start(),
    run: () => this.#call('run'),
    pause: () => this.#call('pause'),
    step: () => this.#call('step'),
    stop: () => this.#call('stop'),
    drop: () => this.#call('drop'),
    set: (values) => this.#call('set', { values }),
    results: () => this.#call('results'),
    probe: (name, options = {}) => this.#call('probe', { name, options }),
    describe: () => this.#call('describe'),
  });

  // --- its place in the page ------------------------------------------------------------------------------------

  connectedCallback() {
    addEventListener('message', this.#hear);
    this.#dark.addEventListener('change', this.#themeChanged);
    KdLensElement.#connected.add(this);
    // A moment later: the script that imports this one may be about to set `site`.
    if (this.getAttribute('loading') === 'eager') setTimeout(() => this.isConnected && this.#open());
    else this.#waitForView();
  }

  disconnectedCallback() {
    removeEventListener('message', this.#hear);
    this.#dark.removeEventListener('change', this.#themeChanged);
    KdLensElement.#connected.delete(this);
    this.#close();
    this.#readyState = 'idle';
  }

  attributeChangedCallback(name, before, now) {
    if (before === now || !this.isConnected) return;
    if (name === 'src' || name === 'lang') {
      // A page has one language as long as it lives: in another one it is opened anew.
      if (this.#frame) this.#reopen();
    } else if (name === 'title') {
      this.#name();
    } else if (name === 'loading') {
      if (now === 'eager') this.#open();
    } else if (this.#frame) {
      if (name === 'settings') for (const old of pairs(before).keys()) this.#dropped.add(old);
      else if (now === null && Object.hasOwn(SETTINGS, name)) this.#dropped.add(SETTINGS[name]);
      // Several attributes that change together are one message. What changes before the frame answers is sent then.
      if (this.#changes.size === 0) queueMicrotask(() => this.#sendChanges());
      this.#changes.add(name);
    }
  }

  #waitForView() {
    this.#near = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.#open(), { rootMargin: '600px' });
    this.#near.observe(this);
  }

  /** Begins to load, if that has not been done yet. @returns {Promise<object>} the state once it is ready */
  #start() {
    if (!this.isConnected) return Promise.reject(new KdLensError('disposed', WORDS.early));
    this.#open();
    return this.#ready.promise;
  }

  #open() {
    if (this.#frame) return;
    this.#near?.disconnect();
    const url = this.#address();
    if (!url) {
      this.#fail('setting-invalid', WORDS.address(this.getAttribute('src')));
      return;
    }
    this.#readyState = 'loading';
    const frame = document.createElement('iframe');
    frame.allow = 'clipboard-write; screen-wake-lock';
    frame.src = url;
    // An address that cannot be had loads too: as an error page, which says no hello.
    frame.addEventListener('load', () => {
      clearTimeout(this.#timer);
      if (!this.#port) this.#timer = setTimeout(() => this.#fail('embed-unreachable', WORDS.silent(url)), PATIENCE * 1000);
    });
    this.#frame = frame;
    this.#name();
    this.#root.replaceChildren(frame);
  }

  /** The name of the frame; the frame's own, in its language, where the page gives none. */
  #name() {
    if (this.#frame) this.#frame.title = this.title || this.#frameTitle;
  }

  #reopen() {
    this.#close();
    this.#open();
  }

  #close() {
    this.#near?.disconnect();
    clearTimeout(this.#timer);
    this.#hangUp();
    this.#frame?.remove();
    this.#frame = null;
    this.#root.replaceChildren(document.createElement('slot'));
    this.#changes.clear();
    this.#dropped.clear();
  }

  /** Whoever waits is told that no answer will come. */
  #hangUp() {
    const error = new KdLensError('disposed', WORDS.gone);
    this.#port?.close();
    this.#port = null;
    this.#state = null;
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
    this.#ready.reject(error);
    this.#ready = resolvers();
    this.#ready.promise.catch(() => {});
  }

  // --- the frame ------------------------------------------------------------------------------------------------

  #address() {
    const src = String(this.getAttribute('src') ?? KdLensElement.site);
    let site;
    try {
      site = new URL(src.endsWith('/') || /\.html$/.test(src) ? src : `${src}/`, document.baseURI);
    } catch {
      return null;
    }
    if (!/^https?:$/.test(site.protocol)) return null;
    const url = new URL('embed.html', site);
    url.hash = new URLSearchParams({ ...this.#settings(), ...this.#options() }).toString();
    return url.href;
  }

  /** The settings that the attributes name; those of their own win over the list. */
  #settings(names = ['settings', ...Object.keys(SETTINGS)]) {
    const given = {};
    if (names.includes('settings')) Object.assign(given, Object.fromEntries(pairs(this.getAttribute('settings'))));
    for (const name of names) {
      if (name !== 'settings' && this.hasAttribute(name)) given[SETTINGS[name]] = this.getAttribute(name);
    }
    return given;
  }

  #options() {
    const options = { theme: this.#theme() };
    const lang = this.closest('[lang]')?.lang;
    if (lang) options.lang = lang;
    for (const name of FRAME) if (this.hasAttribute(name)) options[name] = this.getAttribute(name);
    return options;
  }

  /** `auto`: dark only if the page around can be dark, as for any frame. */
  #theme() {
    const asked = this.getAttribute('theme') ?? 'auto';
    if (asked !== 'auto') return asked;
    const scheme = getComputedStyle(this).colorScheme;
    if (/dark/.test(scheme) && /light/.test(scheme)) return 'system';
    return /dark/.test(scheme) ? 'dark' : 'light';
  }

  #themeChanged = () => {
    if (this.#port) this.#configure({ theme: this.#theme() });
  };

  #sendChanges() {
    const names = [...this.#changes];
    if (!this.#port || this.#readyState !== 'ready') return;
    this.#changes.clear();
    const options = {};
    for (const name of names) {
      if (name === 'theme') options.theme = this.#theme();
      if (FRAME.includes(name)) options[name] = this.getAttribute(name) ?? (name === 'offscreen' ? 'pause' : '');
    }
    if (Object.keys(options).length > 0) this.#configure(options);
    const values = this.#settings(names.filter((name) => Object.hasOwn(SETTINGS, name) || name === 'settings'));
    const held = this.#settings();
    for (const name of this.#dropped) if (!Object.hasOwn(held, name)) values[name] = null;
    this.#dropped.clear();
    if (Object.keys(values).length > 0) this.#call('set', { values }).catch(() => {});
  }

  #configure(options) {
    this.#call('configure', options).then(({ notes }) => notes.forEach((note) => this.#emit('note', { message: note })), () => {});
  }

  #hear = ({ source, data, origin }) => {
    if (!this.#frame || source !== this.#frame.contentWindow) return;
    if (data?.type === PROBLEM) this.#fail(data.code, data.message);
    if (data?.type !== HELLO) return;
    clearTimeout(this.#timer);
    // A hello after the first means that the frame was loaded again: all that was under way is lost.
    if (this.#port) {
      this.#hangUp();
      this.#readyState = 'loading';
      for (const name of this.getAttributeNames()) if (KdLensElement.observedAttributes.includes(name)) this.#changes.add(name);
    }
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = (event) => this.#receive(event.data);
    source.postMessage({ type: CONNECT, version: VERSION }, origin === 'null' ? '*' : origin, [port2]);
  };

  #receive({ id, value, error, event, detail }) {
    if (id !== undefined) {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      if (error) call?.reject(new KdLensError(error.code, error.message));
      else {
        if (value?.phase && 'waiting' in value) this.#state = value;
        call?.resolve(value);
      }
      return;
    }
    if (event === 'resize') {
      this.#frame.style.height = `${detail.height}px`;
    } else if (event === 'ready') {
      this.#state = detail.state;
      this.#frameTitle = detail.title ?? this.#frameTitle;
      this.#name();
      this.#readyState = 'ready';
      this.#ready.resolve(detail.state);
      for (const note of detail.notes) this.#emit('note', { message: note });
      this.#emit('ready', { versions: [...VERSIONS], state: detail.state });
      this.#sendChanges();
    } else if (event === 'state') {
      this.#state = detail;
      this.#emit('change', detail);
    } else if (event === 'problem') {
      if (this.#readyState === 'loading') this.#fail(detail.code, detail.message);
      else this.#emit('problem', detail);
    } else if (event === 'note') {
      this.#emit('note', { message: detail });
    } else if (event === 'evaluation') {
      this.#emit('evaluation', detail);
    }
  }

  async #call(call, fields = {}) {
    await this.#start();
    if (!this.#port) throw new KdLensError('disposed', WORDS.gone);
    return new Promise((resolve, reject) => {
      const id = (this.#next += 1);
      this.#calls.set(id, { resolve, reject });
      this.#port.postMessage({ id, call, ...fields });
    });
  }

  /** The frame cannot be used. */
  #fail(code, message) {
    this.#readyState = 'failed';
    this.#ready.reject(new KdLensError(code, message));
    if (!this.#frame) {
      const text = document.createElement('p');
      text.setAttribute('role', 'alert');
      text.lang = 'en';
      text.textContent = message;
      this.#root.replaceChildren(text, document.createElement('slot'));
    }
    this.#emit('problem', { code, message, advice: '' });
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(`kd-lens:${name}`, { detail, bubbles: true, composed: true }));
  }
}

/** The names and values of a link such as `beta=3&tap=2`. */
const pairs = (text) => new URLSearchParams((text ?? '').replace(/^[#?]/, ''));

/** `Promise.withResolvers`, which not every browser of today has. */
function resolvers() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
}

if (!customElements.get('kd-lens')) customElements.define('kd-lens', KdLensElement);
