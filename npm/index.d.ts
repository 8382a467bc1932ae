export * from './site/js/engine.js';

/** Where the folder of the site is served, if a bundler has moved this package. `base` of a call goes before it. */
export function setSite(address: string | URL): void;
