/** Which build of the site this is: written anew by `xtask/manifest.mjs` into a finished site. A site that is served as it is edited has none. */
export const BUILD = null;
