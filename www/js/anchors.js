/**
 * Links to places of the page lead there without touching the address, which holds the settings of the run. Each jump is an entry
 * of the history, so that Back returns to where it was made.
 */
import { newId } from './dom.js';
import { host } from './host.js';

export function keepAddress() {
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.hash.includes('=')) return;
    const place = document.getElementById(link.hash.slice(1));
    if (!place) return;
    event.preventDefault();
    if (!host.embedded) {
      history.replaceState({ at: (link.id ||= newId('link')) }, '');
      history.pushState({ at: place.id }, '');
    }
    place.scrollIntoView();
    focus(place);
  });
  // The browser scrolls back by itself.
  addEventListener('popstate', ({ state }) => focus(document.getElementById(state?.at)));
}

/** The keyboard goes on from there. */
function focus(place) {
  if (!place) return;
  if (place.tabIndex < 0) place.tabIndex = -1;
  place.focus({ preventScroll: true });
}
