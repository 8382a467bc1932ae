/**
 * The page's end of one engine worker: numbers the calls, matches the answers, and notices when the worker is gone.
 */
import { LabError } from './errors.js';
import { tell } from './sentences.js';

let born = 0;

/**
 * A worker may only be started from a script of the page's own origin. In a sandboxed frame (whose origin is none), or
 * with the engine on another host, a script made here imports the real one, which its server must allow by
 * `Access-Control-Allow-Origin`. A classic script, because Chromium refuses module workers there; it keeps early messages.
 * @returns {[Worker, string|null]} and the address of the script made here, to be revoked
 */
function startWorker(url, name) {
  try {
    return [new Worker(url, { type: 'module', name }), null];
  } catch (error) {
    if (error.name !== 'SecurityError') throw error;
    const script = `
      const early = [];
      self.onmessage = (event) => early.push(event);
      import(${JSON.stringify(String(url))}).then(
        () => early.forEach((event) => self.onmessage(event)),
        (error) => self.postMessage({ notice: 'dead', code: 'engine-unavailable', message: ${JSON.stringify(`its script ${url} could not be loaded: `)} + error.message }),
      );`;
    const shim = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
    return [new Worker(shim, { name }), shim];
  }
}

export class WorkerLink {
  #worker;
  #shim = null;
  #pending = new Map();
  #next = 0;
  #gone = null;
  #lockWait = new AbortController();

  /**
   * @param {URL} url of `worker.js`
   * @param {{timeLimit?: number, onNotice?: (notice: import('./protocol.js').Notice) => void,
   *          onGone?: (error: LabError) => void}} [options] `timeLimit` in seconds: a call that takes longer counts
   *        as hung. `onGone` is called once, with code `worker-died`, `engine-unavailable` or `gpu-lost`, after the pending calls were
   *        rejected; it is not called after `end()`.
   */
  constructor(url, { timeLimit = 600, onNotice, onGone } = {}) {
    this.timeLimit = timeLimit;
    this.onNotice = onNotice;
    this.onGone = onGone;
    const name = `kd-lens-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}-${(born += 1)}`;
    [this.#worker, this.#shim] = startWorker(url, name);
    this.#worker.onmessage = ({ data }) => this.#receive(data, name);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const refused = this.#shim ? '; the server’s Content-Security-Policy must allow “worker-src blob:” for frames that are sandboxed' : '';
      // An error without a message is the script's that did not come.
      if (event.message) this.#die('worker-died', event.message);
      else this.#die('engine-unavailable', `its script could not be loaded${refused}`);
    };
    this.#worker.onmessageerror = () => this.#die('worker-died', 'it sent a message that could not be read');
  }

  /** False once the worker is gone. */
  get alive() {
    return this.#gone === null;
  }

  /**
   * @param {string} name a call of `protocol.js`
   * @param {object} [fields]
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>} rejects with a {@link LabError}
   */
  call(name, fields = {}, transfer = []) {
    if (this.#gone) return Promise.reject(this.#gone);
    return new Promise((resolve, reject) => {
      const id = (this.#next += 1);
      const timer = setTimeout(
        () => this.#die('worker-died', `it gave no answer to “${name}” within ${this.timeLimit} s`),
        this.timeLimit * 1000,
      );
      this.#pending.set(id, { resolve, reject, timer });
      this.#worker.postMessage({ id, call: name, ...fields }, transfer);
    });
  }

  /** Ends the worker; pending calls are rejected with `code`. */
  end(code = 'disposed', message = 'The lab was disposed of.') {
    this.onGone = undefined;
    this.#finish(new LabError(code, message));
  }

  #receive(data, name) {
    if (data.notice) {
      if (data.notice === 'alive') this.#waitForLock(name);
      else if (data.notice === 'dead') this.#die(data.code ?? 'worker-died', data.message);
      else if (data.notice === 'gpu-lost') this.#die('gpu-lost', data.message);
      else this.onNotice?.(data);
      return;
    }
    const waiting = this.#pending.get(data.id);
    if (!waiting) return;
    if (data.error?.fatal) {
      this.#die('worker-died', data.error.message);
      return;
    }
    clearTimeout(waiting.timer);
    this.#pending.delete(data.id);
    if (data.error) waiting.reject(new LabError(data.error.code, data.error.message));
    else waiting.resolve(data.value);
  }

  /** The browser frees a worker's lock when the worker is gone, however it went. */
  #waitForLock(name) {
    navigator.locks
      ?.request(name, { signal: this.#lockWait.signal }, () => this.#die('worker-died', 'the browser ended it'))
      .catch(() => {});
  }

  #die(code, why) {
    if (this.#gone) return;
    const detail = why ? ` (${String(why).replace(/\.$/, '')})` : '';
    const { message, says } = tell({ 'gpu-lost': 'deviceLost', 'engine-unavailable': 'engineMissing' }[code] ?? 'workerDied', detail);
    this.#finish(Object.assign(new LabError(code, message), { says }));
    this.onGone?.(this.#gone);
  }

  #finish(error) {
    if (this.#gone) return;
    this.#gone = error;
    this.#lockWait.abort();
    this.#worker.terminate();
    if (this.#shim) URL.revokeObjectURL(this.#shim);
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
  }
}
