/*
 * A classic script, because modules may be what fails: a sandboxed frame has no origin, so that the browser loads
 * modules only from a server that sends “Access-Control-Allow-Origin: *”. Says so, here and to the page around.
 */
addEventListener(
  'error',
  function (event) {
    if (!event.target || event.target.tagName !== 'SCRIPT') return;
    var message =
      self.origin === 'null'
        ? 'This frame is sandboxed, and kd-lens can only be loaded into such a frame from a server that sends the header “Access-Control-Allow-Origin: *”. Send that header, or add allow-same-origin to the frame’s sandbox.'
        : 'A script of kd-lens could not be loaded from this server.';
    addEventListener('DOMContentLoaded', function () {
      var wait = document.getElementById('embed-wait');
      wait.lang = 'en';
      wait.textContent = message;
    });
    if (parent !== self) parent.postMessage({ type: 'kd-lens:problem', version: 1, code: 'embed-unreachable', message: message }, '*');
  },
  true,
);
