// The page and the command line give the same numbers: a run made in the browser, its checkpoint probed by both.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openBlank, stage, TINY } from './harness.mjs';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** The command line’s program; `cargo xtask test` builds it and says where it lies. */
const program = process.env.KD_LENS_NATIVE ?? path.join(project, 'target/release/kd-lens');
const folder = mkdtempSync(path.join(os.tmpdir(), 'kd-lens-'));
const { site, browser } = await stage();
after(() => rmSync(folder, { recursive: true }));

/** Numbers of two networks agree to 1e-4 of the larger ones among them. */
function close(what, ours, theirs) {
  assert.equal(ours.length, theirs.length, what);
  const scale = Math.max(1e-3, ...theirs.map(Math.abs));
  ours.forEach((value, i) => assert.ok(Math.abs(value - theirs[i]) <= 1e-4 * scale, `${what}[${i}]: ${value} and ${theirs[i]}`));
}

test('probes of the page and of the command line agree', async () => {
  const { page, context, clean } = await openBlank(browser, site);
  const browserSide = await page.evaluate(async (tiny) => {
    const { createLab } = await import('./js/engine.js');
    const lab = await createLab({ ...tiny, epochs: 4 });
    await lab.step(16);
    const result = {
      checkpoint: Array.from(await lab.checkpoint()),
      cam: await lab.probe('grad-cam', { images: 16 }),
      adversarial: await lab.probe('adversarial', { images: 16, epsilon: 4, pictures: [2] }),
    };
    lab.dispose();
    return result;
  }, TINY);
  clean();
  await context.close();

  const checkpoint = path.join(folder, 'run.checkpoint');
  writeFileSync(checkpoint, Uint8Array.from(browserSide.checkpoint));
  const native = (name, ...options) =>
    JSON.parse(
      execFileSync(program, ['probe', name, '--checkpoint', checkpoint, ...options.flatMap((option) => ['--set', option])], {
        cwd: project,
        maxBuffer: 2 ** 28,
      }),
    );

  const cam = native('grad-cam', 'images=16');
  assert.equal(cam.step, 16);
  assert.equal(cam.closer.n, browserSide.cam.closer.n);
  assert.equal(cam.closer.count, browserSide.cam.closer.count);
  cam.items.forEach((item, i) => {
    const ours = browserSide.cam.items[i];
    for (const who of ['teacher', 'student', 'control']) {
      close(`logits of ${who}, image ${i}`, ours[who].logits, item[who].logits);
      close(`map of ${who}, image ${i}`, ours[who].signed, item[who].signed);
    }
    for (const pair of Object.keys(item.cosine)) {
      assert.equal(ours.cosine[pair] === null, item.cosine[pair] === null, pair);
      if (item.cosine[pair] !== null) assert.ok(Math.abs(ours.cosine[pair] - item.cosine[pair]) < 1e-4, pair);
    }
  });

  const attack = native('adversarial', 'images=16', 'epsilon=4', 'pictures=[2]');
  const ours = browserSide.adversarial;
  assert.deepEqual(ours.fooling, attack.fooling);
  assert.deepEqual(ours.noise, attack.noise);
  assert.deepEqual(ours.items, attack.items);
  close('noise', ours.pictures[0].noise, attack.pictures[0].noise);
  // The attack follows signs. Where a sure teacher leaves next to no gradient, rounding decides some of them, and fused and
  // separate multiply-adds round differently: pixels may differ, verdicts and rates above may not.
  const same = attack.pictures[0].adversarial.filter((value, i) => Math.abs(value - ours.pictures[0].adversarial[i]) < 1e-6);
  assert.ok(same.length >= 2_300, `${same.length} of 3,072 values of the attacked image are the same`);
  const apart = attack.pictures[0].adversarial.map((value, i) => Math.abs(value - ours.pictures[0].adversarial[i]));
  assert.ok(Math.max(...apart) <= (2 * 4) / 255 + 1e-6, 'both stay within epsilon of the image');
});
