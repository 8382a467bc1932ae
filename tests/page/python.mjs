// The Python that tests call.
import { spawnSync } from 'node:child_process';

/** One with PyTorch and NumPy: `cargo xtask test` sees to it and says where it is. The default is for running one file by hand. */
export const python = process.env.KD_LENS_PYTHON || 'python3';

/** Throws where it cannot import PyTorch and NumPy. */
export function needTorch() {
  const { status, error, stderr } = spawnSync(python, ['-c', 'import numpy, torch'], { encoding: 'utf8' });
  if (status === 0) return;
  const why = error?.message ?? stderr.trim().split('\n').at(-1);
  throw new Error(`${python} cannot import torch and numpy (${why}): run the page tests with “cargo xtask test”, which installs them, or set KD_LENS_PYTHON to a Python that has them.`);
}
