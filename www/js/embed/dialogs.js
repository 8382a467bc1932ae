/**
 * A dialog opens in the middle of its window. A frame that is as high as all it holds is a window of many screens, of which
 * the reader sees one: here a dialog opens beside what opened it.
 */
export function placeDialogs() {
  let opener = null;
  for (const type of ['pointerdown', 'focusin']) {
    addEventListener(type, ({ target }) => {
      if (target instanceof Element && !target.closest('dialog')) opener = target;
    });
  }
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      if (!(target instanceof HTMLDialogElement) || !target.open || !opener) continue;
      const wanted = opener.getBoundingClientRect().top - target.offsetHeight / 2;
      const top = Math.max(8, Math.min(wanted, innerHeight - target.offsetHeight - 8));
      target.style.margin = `${top}px auto auto`;
    }
  }).observe(document.body, { subtree: true, attributeFilter: ['open'] });
}
