/** The site that these modules lie in. A bundler that moves `engine.js` is told where the site is by `base`. */
export const SITE = new URL('..', /* @vite-ignore */ import.meta.url);
