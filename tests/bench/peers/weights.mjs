// A safetensors file as plain arrays: what every implementation starts from.

/** @returns {Promise<Map<string, {shape: number[], values: Float32Array}>>} tensors under PyTorch's names */
export async function fetchWeights(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`There are no weights at ${url}: ${response.status}.`);
  return readSafetensors(await response.arrayBuffer());
}

/** 32-bit and 16-bit floats; the statistics of batch normalisation may be integers and are left out. */
export function readSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets: [from, to] = [] }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const bytes = buffer.slice(8 + length + from, 8 + length + to);
    if (dtype === 'F32') tensors.set(name, { shape, values: new Float32Array(bytes) });
    else if (dtype === 'F16') tensors.set(name, { shape, values: Float32Array.from(new Uint16Array(bytes), half) });
  }
  return tensors;
}

function half(bits) {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** Residual blocks of each stage that the names tell of. */
export function blocksOf(weights) {
  return [1, 2, 3].map((stage) => new Set([...weights.keys()].map((name) => name.match(`^layer${stage}\\.(\\d+)\\.`)?.[1]).filter(Boolean)).size);
}

/** [n, c, h, w] → [n, h, w, c]. */
export function channelsLast(values, [n, c, h, w]) {
  const out = new Float32Array(values.length);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < c; k += 1) {
      for (let at = 0; at < h * w; at += 1) out[(i * h * w + at) * c + k] = values[(i * c + k) * h * w + at];
    }
  }
  return out;
}
