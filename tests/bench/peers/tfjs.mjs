// The benchmark's network in TensorFlow.js, as its own users write it: layers, `tf.train.momentum`, `tf.tidy`.
import { blocksOf, channelsLast } from './weights.mjs';

const DIST = new URL('../node_modules/@tensorflow/', import.meta.url);
const BUNDLES = {
  cpu: ['tfjs/dist/tf.min.js'],
  wasm: ['tfjs/dist/tf.min.js', 'tfjs-backend-wasm/dist/tf-backend-wasm.min.js'],
  webgpu: ['tfjs/dist/tf.min.js', 'tfjs-backend-webgpu/dist/tf-backend-webgpu.min.js'],
};

const script = (url) =>
  new Promise((resolve, reject) => {
    document.head.append(Object.assign(document.createElement('script'), { src: url, onload: resolve, onerror: () => reject(new Error(`${url} did not load`)) }));
  });

/** Loads the library with one of its backends. */
export async function load(backend) {
  if (!globalThis.tf) for (const file of BUNDLES[backend]) await script(new URL(file, DIST));
  if (backend === 'wasm') globalThis.tf.wasm.setWasmPaths(new URL('tfjs-backend-wasm/dist/', DIST).href);
  if (!(await globalThis.tf.setBackend(backend))) throw new Error(`TensorFlow.js cannot start its backend ${backend}`);
  await globalThis.tf.ready();
}

/** A CIFAR ResNet with projections (option B) and its weights; PyTorch pads before a stride of 2, Keras behind, so padding is a layer. */
function build(weights, classes, decay) {
  const { tf } = globalThis;
  const l2 = () => tf.regularizers.l2({ l2: decay / 2 });
  const given = new Map();
  const named = (layer, ...names) => {
    given.set(layer, names);
    return layer;
  };
  const conv = (name, filters, kernelSize, strides, x) => {
    const padded = kernelSize === 3 ? tf.layers.zeroPadding2d({ padding: 1 }).apply(x) : x;
    return named(tf.layers.conv2d({ filters, kernelSize, strides, useBias: false, kernelRegularizer: l2() }), `${name}.weight`).apply(padded);
  };
  // Keras's momentum is the share that stays.
  const norm = (name, x) =>
    named(tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5, gammaRegularizer: l2(), betaRegularizer: l2() }), `${name}.weight`, `${name}.bias`, `${name}.running_mean`, `${name}.running_var`).apply(x);
  const relu = (x) => tf.layers.reLU().apply(x);
  const channels = (name) => weights.get(`${name}.weight`).shape[0];

  const input = tf.input({ shape: [32, 32, 3] });
  let x = relu(norm('bn1', conv('conv1', channels('conv1'), 3, 1, input)));
  blocksOf(weights).forEach((blocks, stage) => {
    for (let i = 0; i < blocks; i += 1) {
      const name = `layer${stage + 1}.${i}`;
      const strides = stage > 0 && i === 0 ? 2 : 1;
      const width = channels(`${name}.conv1`);
      let y = relu(norm(`${name}.bn1`, conv(`${name}.conv1`, width, 3, strides, x)));
      y = norm(`${name}.bn2`, conv(`${name}.conv2`, width, 3, 1, y));
      const through = weights.has(`${name}.downsample.0.weight`) ? norm(`${name}.downsample.1`, conv(`${name}.downsample.0`, width, 1, strides, x)) : x;
      x = relu(tf.layers.add().apply([y, through]));
    }
  });
  const pooled = tf.layers.globalAveragePooling2d({}).apply(x);
  const head = named(tf.layers.dense({ units: classes, kernelRegularizer: l2(), biasRegularizer: l2() }), 'fc.weight', 'fc.bias');
  const model = tf.model({ inputs: input, outputs: head.apply(pooled) });
  for (const [layer, names] of given) {
    layer.setWeights(names.map((name) => {
      const { shape, values } = weights.get(name);
      const tensor = tf.tensor(values, shape);
      if (shape.length === 4) return tensor.transpose([2, 3, 1, 0]);
      return shape.length === 2 ? tensor.transpose() : tensor;
    }));
  }
  return model;
}

/**
 * @param {object} options
 * @param {'cpu'|'wasm'|'webgpu'} options.backend of TensorFlow.js
 * @param {Map} options.weights
 * @param {{pixels: Float32Array, labels: number[], mean: number[], std: number[], classes: number}} options.batch
 * @param {{momentum: number, weightDecay: number}} options.training
 */
export async function open({ backend, weights, batch, training }) {
  await load(backend);
  const { tf } = globalThis;
  const { mean, std, classes } = batch;
  const images = (values) => tf.tidy(() => {
    const n = values.length / 3072;
    return tf.tensor4d(channelsLast(values, [n, 3, 32, 32]), [n, 32, 32, 3]).sub(mean).div(std);
  });
  const model = build(weights, classes, training.weightDecay);
  const x = images(batch.pixels);
  const y = tf.tidy(() => tf.oneHot(tf.tensor1d(batch.labels, 'int32'), classes).toFloat());
  const optimiser = tf.train.momentum(0.05, training.momentum);

  /** One step; the loss of the labels stays on the device. */
  const step = () => {
    let entropy;
    tf.tidy(() => {
      optimiser.minimize(() => {
        entropy = tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }));
        tf.keep(entropy);
        // Not addN: with so many terms its WebGPU kernel asks for more buffers than the device gives.
        return model.calculateLosses().reduce((sum, term) => sum.add(term), entropy);
      });
    });
    return entropy;
  };
  const value = async (tensor) => {
    const [number] = await tensor.data();
    tensor.dispose();
    return number;
  };
  return {
    async step(rate) {
      optimiser.setLearningRate(rate);
      return value(step());
    },
    async steps(count) {
      for (let i = 1; i < count; i += 1) step().dispose();
      await value(step());
    },
    async logits(pixels) {
      const out = tf.tidy(() => model.predict(images(pixels)));
      const values = await out.data();
      out.dispose();
      return Array.from(values);
    },
    images,
    /** Inference on images that are on the device. */
    async infer(tensor) {
      const out = tf.tidy(() => model.predict(tensor, { batchSize: tensor.shape[0] }));
      await out.data();
      out.dispose();
    },
  };
}
