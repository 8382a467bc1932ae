// Training that waits, so that what is only seen for a moment stands still while a test looks at it.

/**
 * From the `lab`-th lab of the page on, in the order in which they begin to train, no slice begins at `step` or later until
 * `letGo`. To be called on a page that has loaded its engine.
 */
export const holdAt = (page, step, lab = 1) =>
  page.evaluate(async (hold) => {
    const { Lab } = await import('./js/engine.js');
    window.hold = hold;
    if (window.labsHeld) return;
    window.labsHeld = new Map();
    const { step: train } = Lab.prototype;
    Lab.prototype.step = async function held(count) {
      const known = window.labsHeld;
      if (!known.has(this)) known.set(this, { number: known.size + 1, done: 0 });
      const about = known.get(this);
      while (window.hold && about.number >= window.hold.lab && about.done >= window.hold.step) await new Promise((resolve) => setTimeout(resolve, 20));
      const events = await train.call(this, count);
      about.done += count;
      return events;
    };
  }, { step, lab });

export const letGo = (page) =>
  page.evaluate(() => {
    window.hold = null;
  });
