/**
 * The engine's worker: loads one engine build and carries out the calls of `protocol.js`, one at a time.
 *
 * One at a time because a wasm-bindgen object is borrowed while an async method of it runs: a second call in the
 * meantime would fail. The worker holds no state that the page could not rebuild from its last checkpoint, so the
 * page may end it at any moment.
 */

/** A module with one fused multiply-add: valid where the browser has relaxed SIMD. */
const RELAXED = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 20, 1, 18, 0,
  0x41, 0, 0xfd, 15, 0x41, 0, 0xfd, 15, 0x41, 0, 0xfd, 15, 0xfd, 0x85, 2, 0x1a, 0x0b,
]);
/** The engine module, once `load` has run. @type {any} */
let engine = null;
/** The one experiment of this worker, once `create` has run. @type {any} */
let lab = null;
/** End of the queue of calls. */
let tail = Promise.resolve();
/** WebGPU devices the engine opened, so that losing one can be noticed and rehearsed. @type {any[]} */
const devices = [];

self.onmessage = ({ data }) => {
  tail = tail.then(() => answer(data));
};

// A panic inside a spawned future surfaces here, not in the call that caused it. preventDefault keeps the browser
// from reporting the same thing a second time: the page is told, and says it in words.
self.addEventListener('error', (event) => {
  event.preventDefault();
  self.postMessage({ notice: 'dead', message: event.message });
});
self.addEventListener('unhandledrejection', (event) => {
  event.preventDefault();
  self.postMessage({ notice: 'dead', message: String(event.reason?.message ?? event.reason) });
});

// A worker that ends tells nobody. A Web Lock is released by the browser when its holder is gone, so the page only
// has to ask for the same lock. Refused storage (a sandboxed frame) refuses locks too: then only time limits remain.
self.navigator.locks
  ?.request(self.name, () => {
    self.postMessage({ notice: 'alive' });
    return new Promise(() => {});
  })
  .catch(() => {});

async function answer({ id, call, ...fields }) {
  try {
    const handler = handlers[call];
    if (!handler) throw Object.assign(new Error(`The worker knows no call "${call}".`), { code: 'internal' });
    const value = await handler(fields);
    self.postMessage({ id, value }, value instanceof Uint8Array ? [value.buffer] : []);
  } catch (error) {
    // A trap leaves the instance's locks held and its memory half written: the page must start a new worker.
    const fatal = error instanceof WebAssembly.RuntimeError;
    const code = fatal ? 'worker-died' : typeof error?.code === 'string' ? error.code : 'internal';
    self.postMessage({ id, error: { code, message: String(error?.message ?? error), fatal } });
  }
}

const handlers = {
  'probe-webgpu': probeWebGpu,

  async load({ backend, base, relaxed }) {
    if (backend === 'gpu') watchDevices();
    const builds = backend === 'cpu' && relaxed && WebAssembly.validate(RELAXED) ? ['cpu-relaxed', 'cpu'] : [backend];
    let reason;
    for (const build of builds) {
      try {
        const script = new URL(`engine/${build}/kd_lens.js`, base);
        const module = await import(script.href);
        await module.default({ module_or_path: await readWithProgress(new URL('kd_lens_bg.wasm', script)) });
        engine = module;
        return build;
      } catch (error) {
        if (error instanceof WebAssembly.RuntimeError) throw error;
        reason = String(error?.message ?? error).replace(/\.$/, '');
      }
    }
    throw Object.assign(new Error(`The engine could not be loaded: ${reason}.`), { code: 'engine-unavailable' });
  },

  describe: () => engine.describe(),
  'open-device': () => engine.openDevice(),
  'self-check': () => engine.selfCheck(),

  create({ settings, teacherWeights }) {
    lab?.free();
    lab = null;
    lab = engine.Lab.create(settings, teacherWeights);
    return { settings: lab.settings(), formula: lab.formula() };
  },

  shard: ({ split, bytes }) => lab.addShard(split, bytes),

  /** @returns {Promise<import('./protocol.js').StepResult>} */
  async step({ count, complete, ahead = [] }) {
    for (const [step, values] of ahead) lab.prepare(step, values);
    const events = [];
    let done = 0;
    while (done < count) {
      const need = lab.needs() ?? null;
      if (need) return { events, done, need };
      // While images still arrive, ask again before every step: a later one may need more than this one.
      const steps = complete ? count - done : 1;
      events.push(...(await lab.step(steps)));
      done += steps;
      // A macrotask, so that messages and the browser's own work get their turn between two steps.
      if (done < count) await new Promise((resolve) => setTimeout(resolve));
    }
    return { events, done, need: null };
  },

  bring({ role, weights }) {
    lab.bring(role, weights);
    return null;
  },
  'train-only'({ which }) {
    lab.trainOnly(which);
    return null;
  },
  learner: ({ which }) => lab.learner(which),
  adopt({ which, bytes }) {
    lab.adopt(which, bytes);
    return null;
  },
  outlook: () => ({ step: lab.progress().step, due: lab.untilDue() }),
  async teach({ steps }) {
    const said = [];
    for (const step of steps) said.push([step, await lab.teach(step)]);
    return said.filter(([, values]) => values);
  },
  evaluate: () => lab.evaluate(),
  probe: ({ name, options }) => lab.probe(name, options),
  explain: ({ pixels, options }) => lab.explain(pixels, options),
  compare: ({ student, control }) => lab.compare(student, control),
  metric: ({ name, tensors, options }) => engine.metric(name, options, tensors),
  spread: ({ values }) => engine.spread(values),
  snapshot: () => lab.snapshot(),
  'look-back': ({ snapshot }) => lab.lookBack(snapshot ?? undefined),
  checkpoint: () => lab.checkpoint(),
  async restore({ bytes }) {
    await lab.restore(bytes);
    return lab.settings();
  },
  'export-weights': ({ which }) => lab.exportWeights(which),
  images: ({ split, indices }) => lab.images(split, indices),
  adjust({ patch }) {
    lab.adjust(patch);
    return { settings: lab.settings(), formula: lab.formula() };
  },
  formula: () => lab.formula(),
  progress: () => lab.progress(),
  needs: () => lab.needs() ?? null,
  crash: ({ how }) => crash(how),
};

/**
 * Looks at WebGPU without touching the engine: burn-wgpu panics on an adapter without `timestamp-query`.
 * @returns {Promise<import('./protocol.js').WebGpuReport>}
 */
async function probeWebGpu() {
  const none = (...says) => ({ usable: false, software: false, adapter: '', says });
  if (!self.isSecureContext) return none('insecure');
  if (!navigator.gpu) return none('noWebGpu');
  let adapter;
  try {
    adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch (error) {
    return none('adapterRefused', error.message);
  }
  if (!adapter) return none('noAdapter');
  const info = adapter.info ?? {};
  const name = [info.vendor, info.architecture, info.description].filter(Boolean).join(' ');
  if (!adapter.features.has('timestamp-query')) {
    return { ...none('lacksTimestamps'), adapter: name };
  }
  const software = Boolean(info.isFallbackAdapter ?? adapter.isFallbackAdapter) || /swiftshader|llvmpipe/i.test(name);
  return { usable: true, software, adapter: name, says: [] };
}

/** Notices the loss of any device that is opened from now on. */
function watchDevices() {
  const prototype = self.GPUAdapter?.prototype;
  if (!prototype || devices.watched) return;
  devices.watched = true;
  const requestDevice = prototype.requestDevice;
  prototype.requestDevice = async function (...parameters) {
    const device = await requestDevice.apply(this, parameters);
    devices.push(device);
    device.lost.then((info) => self.postMessage({ notice: 'gpu-lost', message: info.message }));
    return device;
  };
}

/** The module's response, with a notice for every half megabyte read. */
async function readWithProgress(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`the server answered ${response.status} for ${url.pathname}`);
  // With a content encoding the length counts packed bytes, the reader unpacked ones.
  const total = response.headers.has('content-encoding') ? 0 : Number(response.headers.get('content-length') ?? 0);
  let loaded = 0;
  let told = 0;
  const counter = new TransformStream({
    transform(chunk, controller) {
      loaded += chunk.byteLength;
      if (loaded - told > 524288 || loaded === total) {
        told = loaded;
        self.postMessage({ notice: 'loading', loaded, total });
      }
      controller.enqueue(chunk);
    },
  });
  return new Response(response.body.pipeThrough(counter), { headers: { 'content-type': 'application/wasm' } });
}

function crash(how) {
  if (how === 'trap') trap();
  if (how === 'trap-later') setTimeout(trap);
  if (how === 'hang') for (;;);
  if (how === 'close') self.close();
  if (how === 'lose-gpu') for (const device of devices) device.destroy();
  return new Promise(() => {});
}

/** A real trap: a module whose only function is `unreachable`. */
function trap() {
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11];
  new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(bytes))).exports.f();
}
