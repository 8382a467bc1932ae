// The benchmark's network in kd-lens, through the module that its own page uses.

const SITE = new URL('../../', import.meta.url);
export const load = () => import(new URL('js/engine.js', SITE));

/**
 * A lab that sees the same few images in every step, unaltered, so that others can repeat it.
 * @param {object} options
 * @param {'cpu'|'gpu'} options.backend
 */
export async function open({ backend, settings }) {
  const { createLab } = await load();
  const lab = await createLab({ backend, ...settings });
  return {
    lab,
    async step() {
      const events = await lab.step(1);
      return events.find((event) => event.type === 'progress').control.total;
    },
    steps: (count) => lab.step(count),
    /** Logits of the first test images. */
    async logits(_, count) {
      const { items } = await lab.probe('grad-cam', { images: Array.from({ length: count }, (_, i) => i) });
      return items.flatMap((item) => Array.from(item.control.logits));
    },
    /** An evaluation of student and control on the test images. */
    infer: () => lab.evaluate(),
    close: () => lab.dispose(),
  };
}

/** What the other implementations must repeat: weights, images, labels, and what became of them. */
export async function reference({ settings, testImages, steps }) {
  const opened = await open({ backend: 'cpu', settings });
  const { lab } = opened;
  const pictures = async (split, n) => lab.images(split, Array.from({ length: n }, (_, i) => i));
  const planes = (list) => list.flatMap(({ pixels }) => [0, 1, 2].flatMap((channel) => Array.from({ length: 1024 }, (_, at) => pixels[3 * at + channel] / 255)));
  const train = await pictures('train', settings.trainImages);
  const test = await pictures('test', testImages);
  const weights = Array.from(await lab.exportWeights('control'));
  const before = await opened.logits(null, testImages);
  const losses = [];
  const rates = [];
  for (let i = 0; i < steps; i += 1) {
    const [event] = (await lab.step(1)).filter(({ type }) => type === 'progress');
    losses.push(event.control.total);
    rates.push(event.learningRate);
  }
  const after = await opened.logits(null, testImages);
  opened.close();
  return { weights, pixels: planes(train), labels: train.map(({ label }) => label), testPixels: planes(test), before, after, losses, rates };
}
