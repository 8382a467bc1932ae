// Counts what a page or worker asks of WebGPU and how much memory its WebAssembly holds. Runs before anything else there: as an
// init script of the page, and in front of the site's worker (see counted.mjs). `counters()` tells the numbers.
(() => {
  const gpu = { dispatches: 0, submits: 0, buffers: 0, bytes: 0, peakBytes: 0 };
  const memories = new Set();
  /** Calls `seen` before a method's own work. */
  const before = (type, name, seen) => {
    const prototype = globalThis[type]?.prototype;
    const own = prototype?.[name];
    if (!own) return;
    prototype[name] = function counted(...given) {
      seen.call(this, ...given);
      return own.apply(this, given);
    };
  };
  const count = (what) => () => {
    gpu[what] += 1;
  };
  before('GPUComputePassEncoder', 'dispatchWorkgroups', count('dispatches'));
  before('GPUComputePassEncoder', 'dispatchWorkgroupsIndirect', count('dispatches'));
  before('GPUQueue', 'submit', count('submits'));

  const live = new WeakSet();
  /** Buffers that nobody has any more are freed with their objects, whether or not they were destroyed by hand. */
  const gone = new FinalizationRegistry((size) => {
    gpu.buffers -= 1;
    gpu.bytes -= size;
  });
  const device = globalThis.GPUDevice?.prototype;
  const createBuffer = device?.createBuffer;
  if (createBuffer) {
    device.createBuffer = function counted(descriptor) {
      const buffer = createBuffer.call(this, descriptor);
      live.add(buffer);
      gone.register(buffer, buffer.size, buffer);
      gpu.buffers += 1;
      gpu.bytes += buffer.size;
      gpu.peakBytes = Math.max(gpu.peakBytes, gpu.bytes);
      return buffer;
    };
    before('GPUBuffer', 'destroy', function destroyed() {
      if (!live.delete(this)) return;
      gone.unregister(this);
      gpu.buffers -= 1;
      gpu.bytes -= this.size;
    });
  }

  const keep = (instance) => {
    for (const value of Object.values(instance.exports)) if (value instanceof WebAssembly.Memory) memories.add(value);
  };
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const own = WebAssembly[name];
    WebAssembly[name] = async (...given) => {
      const result = await own.apply(WebAssembly, given);
      keep(result.instance ?? result);
      return result;
    };
  }
  globalThis.counters = () => ({ gpu: { ...gpu }, wasmBytes: [...memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0) });
})();
