/**
 * What whoever shows the page has decided about it. On its own the page has nobody above it and this stands as it is;
 * `embed/embed.js` changes it before it loads `page.js`.
 */
export const host = {
  /** Whether the page stands inside another one. */
  embedded: false,
  /** The settings that the address carries, as `#name=value&…`. */
  readLink: () => location.hash,
  /** Keeps the settings in the address. */
  writeLink: (hash) => history.replaceState(null, '', hash || location.pathname + location.search),
  /** Settings (and `files`) that are not shown. @type {Set<string>} */
  hidden: new Set(),
  /** Settings (and `files`) that are shown but that the reader cannot change; `settings` stands for all. @type {Set<string>} */
  locked: new Set(),
  /** Whether any of the parts that ask the networks is shown; null on the page itself, which has them all, with their numbers. @type {boolean|null} */
  asks: null,
  /** `system`, `light` or `dark`, where the reader’s own choice does not hold. @type {string|null} */
  theme: null,
};

/** Whether the reader may not change this setting. */
export const isLocked = (name) => host.locked.has(name) || host.locked.has('settings');
