/**
 * Keeps the site for use without a network, by the service worker `sw.js`. Only a finished site is kept (`cargo xtask
 * build`): while files are edited, stale copies of them would be worse than none.
 */
import { BUILD } from './build.js';

/** Whether this page may have a service worker: not over plain http, and not in a sandboxed frame. */
function allowed() {
  try {
    return BUILD !== null && isSecureContext && Boolean(navigator.serviceWorker);
  } catch {
    return false;
  }
}

/** Asks the browser to keep the site, once the page itself has been loaded. */
export async function keepOffline(site) {
  if (!allowed()) return;
  if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
  // Refused storage or a full disk: the page then needs its network, as any page does.
  await navigator.serviceWorker.register(new URL('sw.js', site), { updateViaCache: 'none' }).catch(() => {});
}
