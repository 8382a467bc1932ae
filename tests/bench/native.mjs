// What runs outside the browser: kd-lens's command line, and PyTorch where Python has it.
import { execFile, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { python } from '../page/python.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Milliseconds that `kd-lens bench` needs for one repeat. */
export async function native({ what, threads, settings, warmUp, repeats }) {
  const options = Object.entries(settings).filter(([, value]) => value !== undefined).flatMap(([name, value]) => [`--${kebab(name)}`, String(value)]);
  const given = ['bench', '--what', what, '--untimed', String(warmUp), '--repeats', String(repeats), ...options];
  const program = process.env.KD_LENS_NATIVE ?? path.join(root, 'target/release/kd-lens');
  const env = { ...process.env, RAYON_NUM_THREADS: String(threads) };
  const { stdout } = await promisify(execFile)(program, given, { cwd: root, env }).catch((error) => {
    throw new Error(error.stderr?.trim().split('\n')[0] || error.message);
  });
  const found = JSON.parse(stdout);
  if (found.threads !== threads) throw new Error(`it ran on ${found.threads} threads instead of ${threads}`);
  return found.milliseconds[0];
}

/** PyTorch in a process of its own, or null where that Python has none. */
export function openPyTorch() {
  if (spawnSync(python, ['-c', 'import torch'], { stdio: 'ignore' }).status !== 0) return null;
  const child = spawn(python, [path.join(root, 'tests/bench/pytorch.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = [];
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(JSON.parse(line)));
  const gone = () => {
    for (const { reject } of waiting.splice(0)) reject(new Error('PyTorch’s process has ended'));
  };
  child.on('exit', gone);
  child.on('error', gone);
  child.stdin.on('error', gone);
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        child.stdin.write(`${JSON.stringify(request)}\n`);
      }),
    close: () => child.stdin.end(),
  };
}
