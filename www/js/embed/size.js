/** Tells the page around how high the frame must be to hold everything, whenever that changes. */
import { RESIZE, VERSION } from './protocol.js';

/** @param {(height: number) => void} tell */
export function watchHeight(tell) {
  let told = 0;
  let asked = false;
  const measure = () => {
    asked = false;
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height === told || height === 0) return;
    told = height;
    tell(height);
  };
  // One message a frame at most. A timer, because a frame out of sight is drawn rarely.
  const observer = new ResizeObserver(() => {
    if (asked) return;
    asked = true;
    setTimeout(measure, 16);
  });
  observer.observe(document.documentElement);
  return () => tell(told);
}

/** The height in the words of every host that has a convention for it. */
export function postHeight(height) {
  const lti = { subject: 'lti.frameResize', height };
  for (const message of [{ height }, lti, JSON.stringify(lti), { type: RESIZE, version: VERSION, height }]) parent.postMessage(message, '*');
}
