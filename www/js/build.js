/** Which build of the site this is: written anew by `xtask/manifest.mjs` into a finished site. A site that is served as it is edited has none. */
export const BUILD = null;
/** Files of this site that another may lack; null where that is not known. @type {string[]|null} */
export const EXTRAS = null;
