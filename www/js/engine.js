/**
 * kd-lens from JavaScript: distil a student beside its control and ask what the teacher changed.
 *
 *     import { createLab } from './js/engine.js';
 *     const lab = await createLab({ dataset: 'shapes32', student: 'resnet8', seed: 1 });
 *     for (const event of await lab.step(50)) console.log(event);
 *     const maps = await lab.probe('grad-cam', { images: 200 });
 *
 * Types and the meaning of every option, event and error: `engine.d.ts`. The engine runs in a worker of its own, on the CPU
 * in two where there are processors for it; the page stays free. Pausing is not calling `step`.
 */
import { openBackend, takeCpu, keepCpu } from './backend.js';
import { DataStream, planPieces } from './data.js';
import { LabError, ERROR_CODES } from './errors.js';
import { fetchTeacher } from './models.js';
import { tell } from './sentences.js';
import { checkSettings, defaults } from './settings.js';
import { SITE } from './site.js';

export { LabError, ERROR_CODES };

const FACE_OPTIONS = ['backend', 'teacherWeights', 'trainFiles', 'testFiles', 'classNames', 'training', 'base', 'onStatus', 'timeLimit', 'signal', 'workers', 'relaxedSimd'];
/** From this many processors on student and control are trained in a worker each. */
const PROCESSORS_FOR_TWO = 2;
/** Restarts without one completed call in between, after which the lab is given up. */
const MAX_RESTARTS = 3;

/** The settings, methods, architectures and probes of the engine, without starting an experiment. */
export async function describe({ base = SITE } = {}) {
  const site = new URL(base, document.baseURI);
  const link = await takeCpu(site);
  const description = await link.call('describe');
  keepCpu(site, link);
  return description;
}

/** Mean of some values, such as a number from each of several seeds, with Student's 95 % interval. */
export async function spread(values, { base = SITE } = {}) {
  const site = new URL(base, document.baseURI);
  const link = await takeCpu(site);
  const found = await link.call('spread', { values: Float64Array.from(values) });
  keepCpu(site, link);
  return found;
}

/** Opens an engine and prepares teacher, student and control. See `engine.d.ts`. */
export async function createLab(options = {}) {
  const face = Object.fromEntries(FACE_OPTIONS.map((name) => [name, options[name]]));
  const given = Object.fromEntries(
    Object.entries(options).filter(([name, value]) => !FACE_OPTIONS.includes(name) && value !== undefined),
  );
  const wanted = face.backend ?? 'auto';
  if (!['auto', 'cpu', 'gpu'].includes(wanted)) {
    throw new LabError('setting-invalid', `backend cannot be “${wanted}”. Choose one of: auto, cpu, gpu.`);
  }
  if (![undefined, 1, 2].includes(face.workers)) throw new LabError('setting-invalid', `workers cannot be “${face.workers}”. Choose 1 or 2.`);
  const site = new URL(face.base ?? SITE, document.baseURI);
  const onStatus = face.onStatus ?? (() => {});

  const description = await describe({ base: site });
  checkSettings(description, given);
  const settings = { ...defaults(description, given.method), ...given };
  const plan = { base: site, ...settings, trainFiles: face.trainFiles, testFiles: face.testFiles };
  const training = face.training ?? true;
  const [pieces, teacherWeights] = await Promise.all([
    planPieces(plan).then((all) => (training ? all : all.filter((piece) => piece.split === 'test'))),
    face.teacherWeights ?? fetchTeacher(site, settings.dataset, settings.teacher),
  ]);

  // The networks of a chain teach each other; they stay together. Who only looks trains none.
  const most = settings.assistants || !training ? 1 : (face.workers ?? (navigator.hardwareConcurrency >= PROCESSORS_FOR_TWO ? 2 : 1));
  if (face.signal?.aborted) throw new LabError('disposed', 'The opening of the lab was stopped.');
  const lab = new Lab({ site, wanted, workers: most, relaxed: face.relaxedSimd ?? true, timeLimit: face.timeLimit, onStatus, given, teacherWeights, pieces, training, names: namesOf(face.classNames, description, settings) });
  const stop = () => lab.dispose();
  face.signal?.addEventListener('abort', stop);
  try {
    await lab[OPEN]();
  } finally {
    face.signal?.removeEventListener('abort', stop);
  }
  return lab;
}

/** Own names by those of the data set, or null. */
function namesOf(own, description, { dataset }) {
  if (!own) return null;
  const { classes } = description.datasets.find((entry) => entry.name === dataset);
  if (own.length !== classes.length) throw new LabError('setting-invalid', `classNames must name ${classes.length} classes; there were ${own.length} names.`);
  return new Map(classes.map((name, i) => [name, own[i]]));
}

/** A result in which classes have their own names. */
function renamed(value, names) {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((entry) => renamed(entry, names));
  for (const [key, entry] of Object.entries(value)) {
    if (key === 'className') value[key] = names.get(entry) ?? entry;
    else if (['classNames', 'classes'].includes(key) && Array.isArray(entry)) value[key] = entry.map((name) => names.get(name) ?? name);
    else if (typeof entry === 'object') value[key] = renamed(entry, names);
  }
  return value;
}

/** Kept off the public face: only `createLab` opens a lab. */
const OPEN = Symbol('open');

/** One experiment: teacher, student and control. Made by {@link createLab}. */
export class Lab extends EventTarget {
  #options;
  #link = null;
  #stream;
  #checkpoint = null;
  #patch = {};
  /** Further networks by role; a restarted worker gets them again. */
  #brought = new Map();
  /** The snapshot that is looked back at; a restarted worker gets it again. */
  #past = null;
  #lookingAt = null;
  #settings = {};
  #report = null;
  #held = { train: 0, test: 0 };
  #fed = 0;
  #feeding = Promise.resolve();
  #loading = false;
  #dataError = null;
  #waiters = [];
  #recovering = null;
  #restarts = 0;
  #gpuLosses = 0;
  #ended = null;
  #tellEnded;
  #whenEnded = new Promise((resolve) => {
    this.#tellEnded = resolve;
  });

  constructor(options) {
    super();
    this.#options = options;
    this.#stream = new DataStream(options.pieces, ({ loaded, total }) =>
      this.#status({ phase: 'data', ...tell(loaded < total ? 'loadingImages' : 'allImages'), loaded, total }),
    );
  }

  async [OPEN]() {
    try {
      await this.#start(this.#options.wanted, true);
      this.#keep(await this.#link.call('checkpoint'));
      this.#watch();
    } catch (error) {
      this.dispose();
      throw error;
    }
    // Who only wants to look gets images when something asks for them.
    if (this.#options.training) this.#load();
    this.#status({ phase: 'ready', message: this.#report.reason, says: this.#report.says });
  }

  get backend() {
    return this.#report.backend;
  }

  get backendReport() {
    return this.#report;
  }

  get settings() {
    return { ...this.#settings };
  }

  async step(count = 1) {
    if (!Number.isInteger(count) || count < 1) throw new LabError('setting-invalid', `step(n) wants a whole number of steps, 1 or more; it was ${count}.`);
    if (!this.#options.training) throw new LabError('data-missing', 'This lab was made to look at networks (training: false) and has no training images.');
    const events = [];
    let left = count;
    while (left > 0) {
      const result = await this.#call('step', { count: left, complete: this.#allFed }).catch((error) => this.#undo(error));
      events.push(...result.events);
      left -= result.done;
      if (!result.need) continue;
      // What has been done is handed over; the next call meets the trouble again and reports it.
      if (this.#dataError && events.length > 0) break;
      await this.#images(result.need.split, result.need.images);
    }
    if (events.some((event) => event.type === 'evaluation')) this.#keep(await this.#call('checkpoint'));
    return events;
  }

  async evaluate() {
    await this.#images('test', this.#settings.testImages);
    return this.#call('evaluate');
  }

  async probe(name, options = {}) {
    const { images } = options;
    const wanted = Array.isArray(images) ? Math.max(0, ...images) + 1 : (images ?? this.#settings.testImages);
    // Wait only for images that will come; the engine has the words for the others.
    if (Number.isFinite(wanted)) await this.#images('test', Math.min(wanted, this.#settings.testImages));
    return this.#call('probe', { name, options });
  }

  explain(pixels, options = {}) {
    if (!(pixels instanceof Uint8Array)) return Promise.reject(new LabError('data-truncated', 'explain(pixels) wants 32·32·3 bytes a picture as a Uint8Array.'));
    return this.#call('explain', { pixels, options });
  }

  compare(pairs) {
    const side = (i) => Float64Array.from(pairs, (pair) => pair[i]);
    return this.#call('compare', { student: side(0), control: side(1) });
  }

  async metric(name, tensors, options = {}) {
    if (!(tensors instanceof Uint8Array)) throw new LabError('tensors-invalid', 'metric(name, tensors) wants the bytes of a safetensors file as a Uint8Array.');
    return this.#call('metric', { name, tensors, options });
  }

  async checkpoint({ keep = true } = {}) {
    const bytes = await this.#call('checkpoint');
    if (keep) this.#keep(bytes.slice());
    return bytes;
  }

  async restore(bytes) {
    this.#settings = await this.#call('restore', { bytes });
    this.#keep(bytes.slice());
  }

  async bring(role, weights) {
    await this.#call('bring', { role, weights });
    this.#brought.set(role, weights.slice());
  }

  snapshot() {
    return this.#call('snapshot');
  }

  /** The step that probes are shown, or null: the present. */
  get lookingAt() {
    return this.#lookingAt;
  }

  async lookBack(snapshot = null) {
    if (snapshot !== null && !(snapshot instanceof Uint8Array)) throw new LabError('checkpoint-unreadable', 'lookBack(snapshot) wants the bytes of a snapshot as a Uint8Array, or null for the present.');
    const step = await this.#call('look-back', { snapshot });
    this.#past = snapshot?.slice() ?? null;
    this.#lookingAt = snapshot ? step : null;
  }

  exportWeights(which) {
    return this.#call('export-weights', { which });
  }

  async images(split, indices) {
    const planned = this.#settings[split === 'test' ? 'testImages' : 'trainImages'];
    await this.#images(split, Math.min(Math.max(0, ...indices) + 1, planned));
    return this.#call('images', { split, indices });
  }

  async adjust(patch) {
    const { settings } = await this.#call('adjust', { patch });
    Object.assign(this.#patch, patch);
    this.#settings = settings;
  }

  formula() {
    return this.#call('formula');
  }

  progress() {
    return this.#call('progress');
  }

  dispose() {
    this.#end(new LabError('disposed', 'This lab was disposed of.'));
  }

  /** Breaks the engine on purpose (see `protocol.js`), to test or to show the recovery. */
  simulateFailure(how) {
    return this.#call('crash', { how });
  }

  // --- the worker ---------------------------------------------------------------------------------------------

  async #call(name, fields, transfer) {
    if (this.#ended) throw this.#ended;
    await this.#recovering;
    if (this.#ended) throw this.#ended;
    const value = await this.#link.call(name, fields, transfer);
    this.#restarts = 0;
    return this.#options.names ? renamed(value, this.#options.names) : value;
  }

  async #start(wanted, check) {
    const { site, workers, relaxed, timeLimit, given, teacherWeights } = this.#options;
    const onStatus = (status) => this.#status(status);
    const opening = openBackend({ base: site, wanted, check, workers, relaxed, timeLimit, onStatus });
    const opened = await Promise.race([opening, this.#whenEnded]);
    if (this.#ended) {
      opening.then(({ link }) => link.end(), () => {});
      throw this.#ended;
    }
    const { link, report } = opened;
    this.#link = link;
    this.#held = { train: 0, test: 0 };
    this.#fed = 0;
    const created = await link.call('create', { settings: given, teacherWeights });
    this.#settings = created.settings;
    this.#report = report;
    link.onNotice = undefined;
  }

  /** Never rejects: what cannot be recovered ends the lab, and every later call says so. */
  async #recover(cause) {
    if (cause.code === 'gpu-lost') this.#gpuLosses += 1;
    this.#status({ phase: 'recovering', ...tell('restarting', cause) });
    const before = this.#report;
    let latest = cause;
    let step = null;
    while (step === null && !this.#ended) {
      this.#restarts += 1;
      if (this.#restarts > MAX_RESTARTS) {
        this.#end(new LabError(latest.code ?? 'internal', `${latest.message} It could not be started again; make a new lab.`));
        return;
      }
      const useCpu = before.backend === 'cpu' || this.#gpuLosses >= 2 || this.#restarts > 1;
      step = await this.#revive(useCpu ? 'cpu' : this.#options.wanted).catch((error) => {
        latest = error;
        return null;
      });
    }
    if (this.#ended) return;
    this.#explain(before, cause);
    this.#recovering = null;
    const told = tell(this.backend === 'gpu' ? 'restartedGpu' : 'restartedCpu', cause, step);
    this.dispatchEvent(new CustomEvent('recovered', { detail: { step, backend: this.backend, ...told } }));
    this.#status({ phase: 'ready', ...told });
  }

  /** One try at a new worker in the state of the last checkpoint. @returns {Promise<number>} its step */
  async #revive(wanted) {
    await this.#start(wanted, false);
    const link = this.#link;
    await this.#feed();
    this.#settings = await link.call('restore', { bytes: this.#checkpoint });
    if (Object.keys(this.#patch).length > 0) this.#settings = (await link.call('adjust', { patch: this.#patch })).settings;
    for (const [role, weights] of this.#brought) await link.call('bring', { role, weights });
    if (this.#past) await link.call('look-back', { snapshot: this.#past });
    const { step } = await link.call('progress');
    this.#watch();
    return step;
  }

  /** From here on the worker's end is noticed at once. */
  #watch() {
    const link = this.#link;
    link.onGone = (error) => {
      this.#recovering = this.#recover(error);
    };
    if (!link.alive) throw new LabError('worker-died', 'The engine’s worker stopped working while it was being prepared.');
  }

  /** The report must go on telling how the present engine was chosen. */
  #explain(before, cause) {
    if (this.backend === before.backend) {
      this.#report = { ...this.#report, reason: before.reason, says: before.says, check: before.check };
      return;
    }
    const { message: reason, says } = tell(this.#gpuLosses > 1 ? 'cpuAfterTwo' : 'cpuAfter', cause);
    Object.assign(this.#report, { reason, says });
  }

  #end(error) {
    if (this.#ended) return;
    this.#ended = error;
    this.#tellEnded();
    this.#stream.stop();
    this.#link?.end(error.code, error.message);
    this.#wake();
  }

  #status(status) {
    if (this.#ended) return;
    this.#options.onStatus(status);
    this.dispatchEvent(new CustomEvent('status', { detail: status }));
  }

  /** What a restart begins from. A checkpoint holds the live settings; only later changes must be made again. */
  #keep(checkpoint) {
    this.#checkpoint = checkpoint;
    this.#patch = {};
  }

  /** Training that diverged, or could not be computed to its end, has left no usable weights: go back, then report it. */
  async #undo(error) {
    if (!['diverged', 'not-finite', 'too-large'].includes(error.code)) throw error;
    this.#settings = await this.#call('restore', { bytes: this.#checkpoint });
    this.#patch = {};
    const { step } = await this.#call('progress');
    this.dispatchEvent(new CustomEvent('recovered', { detail: { step, backend: this.backend, ...tell('wentBack', error, step) } }));
    throw error;
  }

  // --- the images ---------------------------------------------------------------------------------------------

  get #allFed() {
    return this.#stream.complete && this.#fed === this.#stream.kept.length;
  }

  /** Streams the pieces in the background; a failure waits for the next call that needs images. */
  #load() {
    this.#loading = true;
    this.#dataError = null;
    // The last feed is for a piece that had arrived but was refused: it is refused again, and not waited for.
    const streaming = this.#stream.run(() => this.#feed()).then(() => this.#feed());
    streaming.catch((error) => {
      this.#dataError = error;
      this.#wake();
    });
  }

  /** Hands the engine every piece that it does not have yet, in order, one feeder at a time. */
  #feed() {
    this.#feeding = this.#feeding.catch(() => {}).then(async () => {
      const link = this.#link;
      while (link === this.#link && this.#fed < this.#stream.kept.length) {
        const { split, blob } = this.#stream.kept[this.#fed];
        const bytes = new Uint8Array(await blob.arrayBuffer());
        try {
          this.#held[split] = await link.call('shard', { split, bytes }, [bytes.buffer]);
        } catch (error) {
          // A worker that died gets everything again from its successor's recovery.
          if (!link.alive) return;
          throw error;
        }
        this.#fed += 1;
        this.#wake();
      }
    });
    return this.#feeding;
  }

  #wake() {
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Resolves once `split` holds that many images. Generated data sets hold theirs from the start. */
  async #images(split, count) {
    if (this.#options.pieces.length === 0) return;
    if ((this.#dataError || !this.#loading) && this.#held[split] < count) this.#load();
    while (this.#held[split] < count) {
      if (this.#ended) throw this.#ended;
      if (this.#dataError) throw this.#dataError;
      if (this.#loading && this.#allFed && !this.#recovering) {
        throw new LabError('data-missing', `${count} ${split} images are needed, but only ${this.#held[split]} were given.`);
      }
      await new Promise((resolve) => this.#waiters.push(resolve));
    }
  }
}
