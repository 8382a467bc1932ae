/**
 * Every message between the page (`worker-link.js`) and the engine's worker (`worker.js`), in one place.
 *
 * The page sends a {@link Request}; the worker answers each one, in the order in which they came, with a
 * {@link Reply} of the same `id`. A {@link Notice} comes unasked and carries no `id`.
 *
 * @typedef {'cpu'|'gpu'} BackendName
 *
 * @typedef {object} Need                  images that must be added before the next step can run
 * @property {'train'|'test'} split
 * @property {number} images               how many that split must hold
 *
 * @typedef {object} WebGpuReport          answer to `probe-webgpu`
 * @property {boolean} usable              adapter present and with every feature the engine needs
 * @property {boolean} software            the adapter is a software renderer, slower than the CPU engine
 * @property {string} adapter              what the browser calls the adapter, '' when there is none
 * @property {any[]} says                  why it is not usable, as a sentence of `sentences.js`: its name and values; empty when it is
 *
 * @typedef {object} StepResult            answer to `step`
 * @property {object[]} events             events of the steps that ran
 * @property {number} done                 steps that ran
 * @property {Need|null} need              set when the steps stopped for want of images
 *
 * Requests: `{id, call, …}`
 *
 * | call             | further fields                        | value in the reply                      |
 * | ---------------- | ------------------------------------- | --------------------------------------- |
 * | `probe-webgpu`   |                                       | `WebGpuReport`; loads no engine          |
 * | `load`           | `backend`, `base`, `relaxed`          | name of the build that was loaded          |
 * | `describe`       |                                       | settings, methods, architectures, probes, metrics |
 * | `open-device`    |                                       | `{backend, adapter}`                      |
 * | `self-check`     |                                       | `Float32Array`                            |
 * | `create`         | `settings`, `teacherWeights?`         | `{settings, formula}`                     |
 * | `shard`          | `split`, `bytes` (transferred)        | images that split now holds               |
 * | `step`           | `count`, `complete` (all images sent), `ahead?` (answers of `teach`) | `StepResult`                              |
 * | `train-only`     | `which`: student or control           | `null`; the other one is brought along     |
 * | `learner`        | `which`                               | `Uint8Array`, with its optimiser           |
 * | `adopt`          | `which`, `bytes`                      | `null`                                    |
 * | `outlook`        |                                       | `{step, due}`: steps to the next evaluation |
 * | `teach`          | `steps` (later ones)                  | `[step, Float32Array]` each: what the teacher says of their batches |
 * | `evaluate`       |                                       | an evaluation event                       |
 * | `probe`          | `name`, `options`                     | the probe's result                        |
 * | `explain`        | `pixels`, `options`                   | a result of `grad-cam`                  |
 * | `compare`        | `student`, `control` (numbers)        | a comparison                              |
 * | `metric`         | `name`, `tensors`, `options`          | the metric's result                       |
 * | `spread`         | `values` (numbers)                    | mean with Student's interval              |
 * | `snapshot`       |                                       | `Uint8Array`                              |
 * | `look-back`      | `snapshot` (bytes, or null: present)  | the step that probes are shown            |
 * | `checkpoint`     |                                       | `Uint8Array`                              |
 * | `restore`        | `bytes`                               | settings as restored                      |
 * | `bring`          | `role`, `weights`                     | null                                      |
 * | `export-weights` | `which`                               | `Uint8Array` (safetensors)                |
 * | `images`         | `split`, `indices`                    | pictures                                  |
 * | `adjust`         | `patch`                               | `{settings, formula}`                     |
 * | `formula`        |                                       | text                                      |
 * | `progress`       |                                       | `{step, stepsPerEpoch, totalSteps, …}`    |
 * | `needs`          |                                       | `Need` or `null`                          |
 * | `crash`          | `how`                                 | never answered in a useful way            |
 *
 * `crash` breaks the worker on purpose, so that recovery can be tested and shown. `how` is `'trap'` (a WebAssembly
 * trap inside the call), `'trap-later'` (a trap outside any call, so that a pending call never settles), `'hang'`
 * (a loop without end), `'close'` (the worker ends without a word) or `'lose-gpu'` (the WebGPU device is destroyed).
 *
 * @typedef {{id: number, call: string} & Record<string, any>} Request
 * @typedef {{id: number, value: any} | {id: number, error: {code: string, message: string, fatal: boolean}}} Reply
 *
 * Notices
 * - `{notice: 'alive'}`: the worker holds the Web Lock named after it; when that lock comes free the worker is gone.
 * - `{notice: 'loading', loaded, total}`: bytes of the engine module read so far; `total` is 0 when it is not known.
 * - `{notice: 'gpu-lost', message}`: the WebGPU device is lost. Every tensor on it is gone.
 * - `{notice: 'dead', message}`: the engine trapped outside a call; the instance must not be used again.
 * @typedef {{notice: 'alive'|'loading'|'gpu-lost'|'dead'} & Record<string, any>} Notice
 */
export {};
