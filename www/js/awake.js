/** Keeps a phone's screen on while it trains, where the browser allows it. */
export async function keepAwake() {
  // A frame of another site may not ask, and asking would be an error on its console.
  if (document.featurePolicy?.allowsFeature('screen-wake-lock') === false) return null;
  try {
    return await navigator.wakeLock?.request('screen');
  } catch {
    return null;
  }
}
