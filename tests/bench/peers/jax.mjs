// The benchmark's network in jax-js, as its own users write it: functions of trees of arrays, `valueAndGrad`, and `jit` around the
// whole step. Every array is used up by the function that gets it; `.ref` keeps one for another use.
import { blocksOf } from './weights.mjs';

const EPSILON = 1e-5;
/** Share of the running statistics that a batch replaces. */
const FORGET = 0.1;

/** @param {'wasm'|'webgpu'} backend */
export async function load(backend) {
  const jax = await import(new URL('../node_modules/@jax-js/jax/dist/index.js', import.meta.url));
  const found = await jax.init(backend);
  if (!found.includes(backend)) throw new Error(`jax-js cannot start its device ${backend}`);
  jax.defaultDevice(backend);
  return jax;
}

/** Forward pass of a CIFAR ResNet with projections (option B): logits, and new running statistics in training. */
function network({ lax, nn, numpy: np }, blocks, projected) {
  const column = (array) => array.reshape([1, -1, 1, 1]);
  return (params, running, images, train) => {
    const seen = {};
    const conv = (name, x, stride) => {
      const kernel = params[`${name}.weight`];
      const pad = kernel.shape[2] >> 1;
      return lax.convGeneralDilated(x, kernel, [stride, stride], [[pad, pad], [pad, pad]]);
    };
    const norm = (name, x) => {
      let mean = running[`${name}.running_mean`];
      let variance = running[`${name}.running_var`];
      if (train) {
        const [n, , h, w] = x.shape;
        const here = np.mean(x.ref, [0, 2, 3]);
        const spread = np.mean(np.square(x.ref.sub(column(here.ref))), [0, 2, 3]);
        const unbiased = (n * h * w) / (n * h * w - 1);
        seen[`${name}.running_mean`] = mean.mul(1 - FORGET).add(lax.stopGradient(here.ref).mul(FORGET));
        seen[`${name}.running_var`] = variance.mul(1 - FORGET).add(lax.stopGradient(spread.ref).mul(FORGET * unbiased));
        [mean, variance] = [here, spread];
      }
      const scale = params[`${name}.weight`].div(np.sqrt(variance.add(EPSILON)));
      return x.sub(column(mean)).mul(column(scale)).add(column(params[`${name}.bias`]));
    };
    let x = nn.relu(norm('bn1', conv('conv1', images, 1)));
    blocks.forEach((count, stage) => {
      for (let i = 0; i < count; i += 1) {
        const name = `layer${stage + 1}.${i}`;
        const stride = stage > 0 && i === 0 ? 2 : 1;
        let y = nn.relu(norm(`${name}.bn1`, conv(`${name}.conv1`, x.ref, stride)));
        y = norm(`${name}.bn2`, conv(`${name}.conv2`, y, 1));
        const through = projected(name) ? norm(`${name}.downsample.1`, conv(`${name}.downsample.0`, x, stride)) : x;
        x = nn.relu(y.add(through));
      }
    });
    const pooled = np.mean(x, [2, 3]);
    return [np.dot(pooled, params['fc.weight'].transpose()).add(params['fc.bias']), seen];
  };
}

/** See tfjs.mjs for the options. */
export async function open({ backend, weights, batch, training }) {
  const jax = await load(backend);
  const { blockUntilReady, jit, nn, numpy: np, tree, valueAndGrad } = jax;
  const { mean, std, classes, labels } = batch;
  const forward = network(jax, blocksOf(weights), (name) => weights.has(`${name}.downsample.0.weight`));
  const images = (values) => {
    const n = values.length / 3072;
    const normalised = Float32Array.from(values, (value, i) => {
      const channel = Math.floor(i / 1024) % 3;
      return (value - mean[channel]) / std[channel];
    });
    return np.array(normalised, { shape: [n, 3, 32, 32] });
  };
  let params = {};
  let running = {};
  for (const [name, { shape, values }] of weights) (/running_/.test(name) ? running : params)[name] = np.array(values, { shape });
  let velocity = tree.map((array) => np.zeros(array.shape), params);
  const x = images(batch.pixels);
  const y = np.array(Int32Array.from(labels), { shape: [labels.length] });

  const loss = (weightsNow, statistics, pixels, classOf) => {
    const [logits, seen] = forward(weightsNow, statistics, pixels, true);
    const entropy = nn.logSoftmax(logits).mul(nn.oneHot(classOf, classes)).sum().mul(-1 / labels.length);
    return [entropy, seen];
  };
  const step = jit((weightsNow, statistics, momenta, pixels, classOf, rate) => {
    const [[entropy, seen], gradients] = valueAndGrad(loss, { hasAux: true })(tree.ref(weightsNow), statistics, pixels, classOf);
    const next = {};
    const moved = {};
    for (const name of Object.keys(weightsNow)) {
      const gradient = gradients[name].add(weightsNow[name].ref.mul(training.weightDecay));
      moved[name] = momenta[name].mul(training.momentum).add(gradient);
      next[name] = weightsNow[name].sub(moved[name].ref.mul(rate.ref));
    }
    rate.dispose();
    return [entropy, next, seen, moved];
  });
  const predict = jit((weightsNow, statistics, pixels) => forward(weightsNow, statistics, pixels, false)[0]);

  let rate = 0.05;
  const once = () => {
    const [entropy, ...state] = step(params, running, velocity, x.ref, y.ref, np.array(rate));
    [params, running, velocity] = state;
    return entropy;
  };
  return {
    async step(given) {
      rate = given;
      return (await once().data())[0];
    },
    async steps(count) {
      for (let i = 0; i < count; i += 1) {
        const entropy = once();
        await blockUntilReady(params);
        entropy.dispose();
      }
    },
    async logits(pixels) {
      return Array.from(await predict(tree.ref(params), tree.ref(running), images(pixels)).data());
    },
    images,
    async infer(array) {
      await predict(tree.ref(params), tree.ref(running), array.ref).data();
    },
  };
}
