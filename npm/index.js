/**
 * kd-lens from npm: the module `js/engine.js` of the site with an address for the engine that can be set once. A bundler
 * moves this file, but not the site that lies beside it; then the site is served from some folder, and its address is told:
 *
 *     import { createLab, setSite } from 'kd-lens';
 *     setSite('/kd-lens/');   // where `npx kd-lens-site public/kd-lens` has put the site
 *
 * Without a bundler nothing needs to be told.
 */
import * as engine from './site/js/engine.js';

export { ERROR_CODES, Lab, LabError } from './site/js/engine.js';

let site;

/** @param {string|URL} address of the folder that holds the site: `engine/`, `models/`, `js/` */
export function setSite(address) {
  const url = new URL(address, document.baseURI);
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  site = url;
}

/** @see engine.d.ts; `options.base` goes before what `setSite` said. */
export const createLab = (options = {}) => engine.createLab({ ...options, base: options.base ?? site });

export const describe = (options = {}) => engine.describe({ ...options, base: options.base ?? site });

export const spread = (values, options = {}) => engine.spread(values, { ...options, base: options.base ?? site });
