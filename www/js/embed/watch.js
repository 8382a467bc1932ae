/*
 * A classic script, because modules may be what fails: a sandboxed frame has no origin, so that the browser loads
 * modules only from a server that sends “Access-Control-Allow-Origin: *”. Says so, in the frame or in the article's places
 * for the experiment, and to the page around.
 */
(function () {
  function fail() {
    var message =
      location.protocol === 'file:'
        ? 'kd-lens cannot run from a file: open it from a web server.'
        : self.origin === 'null'
          ? 'This frame is sandboxed, and kd-lens can only be loaded into such a frame from a server that sends the header “Access-Control-Allow-Origin: *”. Send that header, or add allow-same-origin to the frame’s sandbox.'
          : 'A script of kd-lens could not be loaded from this server. Reload the page.';
    function say() {
      ['embed-wait', 'start', 'bench'].forEach(function (id) {
        var place = document.getElementById(id);
        if (!place) return;
        place.lang = 'en';
        place.textContent = message;
        if (id !== 'bench') place.setAttribute('role', 'alert');
      });
    }
    if (document.readyState === 'loading') addEventListener('DOMContentLoaded', say);
    else say();
    if (parent !== self) parent.postMessage({ type: 'kd-lens:problem', version: 1, code: 'embed-unreachable', message: message }, '*');
  }
  addEventListener('error', function (event) { if (event.target && event.target.tagName === 'SCRIPT') fail(); }, true);
  // The words are imported by the first module itself: without them it ends with an error of its own.
  function ended(event) { if (/strings\//.test(event.message || event.reason)) fail(); }
  addEventListener('error', ended);
  addEventListener('unhandledrejection', ended);
})();
