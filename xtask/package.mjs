// Makes the npm package of a finished site: the site as it is, in `site/`, and around it the modules that are imported.
//
//   node xtask/package.mjs dist target/package
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
/** Of the site, what the package does not carry: packed copies (npm packs itself), data and examples. */
const LEFT_OUT = /\.(br|gz)$|^(data|examples)(\/|$)/;

/** The version of the crate is the version of the package. */
export function version() {
  const found = /^\[package\][^[]*?^version = "([^"]+)"/ms.exec(readFileSync(path.join(project, 'Cargo.toml'), 'utf8'));
  if (!found) throw new Error('Cargo.toml names no version of the package');
  return found[1];
}

/**
 * @param {string} site the finished site
 * @param {string} out folder of the package; what is in it is replaced
 */
export function makePackage(site, out) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  cpSync(site, path.join(out, 'site'), { recursive: true, dereference: true, filter: (from) => !LEFT_OUT.test(path.relative(site, from).replaceAll(path.sep, '/')) });
  for (const entry of readdirSync(path.join(project, 'npm'))) cpSync(path.join(project, 'npm', entry), path.join(out, entry));
  for (const licence of ['LICENSE-MIT', 'LICENSE-APACHE']) cpSync(path.join(project, licence), path.join(out, licence));
  const described = JSON.parse(readFileSync(path.join(project, 'npm/package.json'), 'utf8'));
  writeFileSync(path.join(out, 'package.json'), `${JSON.stringify({ name: described.name, version: version(), ...described }, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) makePackage(process.argv[2], process.argv[3]);
