// What `cargo xtask build` puts together, from what the tests have: www/, the built engines and a little of the data.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { writeManifest } from '../../xtask/manifest.mjs';
import { minify } from '../../xtask/minify.mjs';
import { testSite } from './server.mjs';

/** A folder that is removed behind the last test of the file. */
export function temporary(name) {
  const folder = mkdtempSync(path.join(tmpdir(), `kd-lens-${name}-`));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @returns {Promise<{dist: string, build: string}>} folder and version of the site */
export async function finishedSite() {
  const dist = temporary('dist');
  const { roots, mounts } = testSite();
  for (const root of [...roots].reverse()) cpSync(root, dist, { recursive: true, dereference: true });
  for (const file of ['index.json', 'train-00.bin', 'test-00.bin']) cpSync(path.join(mounts['/data'], 'cifar10', file), path.join(dist, 'data/cifar10', file));
  await minify(dist);
  return { dist, build: await writeManifest(dist) };
}
