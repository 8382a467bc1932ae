/** Carries out the commands of the page around (see `protocol.js`) and tells it what happens. */
import { applyHost } from '../views/form.js';
import { LabError } from '../errors.js';
import { explain } from '../messages.js';
import { defaults, readHash } from '../settings.js';
import { wholePage } from './bar.js';
import { words } from '../words.js';

/** The shortest time between two `state` events, in ms. */
const PACE = 200;

export class Remote {
  #page;
  #sight;
  #site;
  #configure;
  #port = null;
  #telling = null;
  #problem = null;

  /**
   * @param {object} options
   * @param {{experiment: object, ready: Promise<{notes: string[], error?: Error}>}} options.page
   * @param {import('./sight.js').Sight} options.sight
   * @param {URL} options.site
   * @param {(options: Record<string, string>) => string[]} options.configure returns what was passed over
   */
  constructor({ page, sight, site, configure }) {
    this.#page = page;
    this.#sight = sight;
    this.#site = site;
    this.#configure = configure;
    const { experiment } = page;
    for (const type of ['change', 'form']) experiment.addEventListener(type, () => this.#changed());
    sight.addEventListener('change', () => this.#changed());
    experiment.addEventListener('evaluation', ({ detail }) => this.tell('evaluation', detail));
    experiment.addEventListener('note', ({ detail }) => this.tell('note', detail));
    experiment.addEventListener('problem', ({ detail }) => {
      this.#problem = detail;
      this.tell('problem', plainProblem(detail));
    });
  }

  get connected() {
    return this.#port !== null;
  }

  /** A new host takes the place of the one before. @param {MessagePort} port */
  async connect(port) {
    this.#port?.close();
    this.#port = port;
    port.onmessage = ({ data }) => this.#answer(data);
    const { notes, error } = await this.#page.ready;
    if (error) this.tell('problem', plainProblem(error));
    this.tell('ready', { state: this.#state(), notes, title: document.title });
  }

  tell(event, detail) {
    this.#port?.postMessage({ event, detail });
  }

  #changed() {
    this.#telling ??= setTimeout(() => {
      this.#telling = null;
      this.tell('state', this.#state());
    }, PACE);
  }

  async #answer(command) {
    // What is no command at all has no id under which it could be answered.
    if (typeof command !== 'object' || command === null) return;
    const { id, call, ...fields } = command;
    const port = this.#port;
    try {
      const { error } = await this.#page.ready;
      if (error) throw error;
      if (!Object.hasOwn(this.#calls, call)) throw new LabError('internal', `An embedded kd-lens knows no call “${call}”.`);
      port.postMessage({ id, value: await this.#calls[call](fields) });
    } catch (error) {
      const { code, message } = plainProblem(error);
      port.postMessage({ id, error: { code, message } });
    }
  }

  #calls = {
    run: async () => {
      await this.#attempt(() => this.#sight.run());
      return this.#state();
    },
    step: async () => {
      this.#sight.forget();
      await this.#attempt(() => this.#page.experiment.stepOnce());
      return this.#state();
    },
    pause: () => this.#rest((experiment) => experiment.pause()),
    stop: () => this.#rest((experiment) => experiment.stop()),
    drop: () => this.#rest((experiment) => experiment.drop()),
    set: ({ values }) => this.#set(values),
    results: () => this.#results(),
    probe: async ({ name, options }) => {
      const lab = await this.#attempt(() => this.#page.experiment.open());
      return lab.probe(name, options);
    },
    describe: () => this.#page.experiment.description,
    configure: (options) => ({ notes: this.#configure(options) }),
  };

  /** The experiment reports its troubles as events; a caller wants them as the answer. */
  async #attempt(action) {
    this.#problem = null;
    const value = await action();
    if (this.#problem) throw this.#problem;
    return value;
  }

  async #rest(action) {
    this.#sight.forget();
    await action(this.#page.experiment);
    return this.#state();
  }

  async #set(values) {
    if (typeof values !== 'object' || values === null) throw new LabError('setting-invalid', `set(values) wants an object with values by setting; it was ${values}.`);
    const { experiment } = this.#page;
    const method = values.method ?? experiment.form.method;
    const usual = defaults(experiment.description, method);
    const given = Object.entries({ ...values, method }).map(([name, value]) => [name, String(value ?? usual[name] ?? '')]);
    const text = new URLSearchParams(given);
    const { values: allowed, notes } = readHash(experiment.description, text.toString(), words.settings, words.embed.source);
    // The method first: the other names may be its own.
    const order = Object.entries(allowed).sort(([a], [b]) => Number(b === 'method') - Number(a === 'method'));
    for (const [name, value] of order) await experiment.set(name, value, { byHost: true });
    for (const note of notes) this.tell('note', note);
    return { settings: { ...experiment.form }, notes };
  }

  #state() {
    const { phase, step, totalSteps, lab, form } = this.#page.experiment;
    return { phase, waiting: this.#sight.waiting, step, totalSteps, backend: lab?.backend ?? null, settings: { ...form }, link: wholePage(this.#page.experiment, this.#site) };
  }

  #results() {
    const { held, formula, evaluations, progress } = this.#page.experiment;
    const { phase, step, totalSteps, backend, link } = this.#state();
    return structuredClone({ version: 1, phase, step, totalSteps, backend, link, settings: held, formula, evaluations, progress });
  }
}

/** Fields of the form follow what was just decided. */
export function applyHostEverywhere() {
  for (const element of document.querySelectorAll('[data-setting]')) applyHost(element);
}

function plainProblem(error) {
  const { message, advice } = explain(error);
  return { code: error?.code ?? 'internal', message, advice };
}
