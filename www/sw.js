/*
 * Keeps the finished site for use without a network. A classic script, as not every browser has module service workers.
 *
 * `sw-files.js` (written by xtask/manifest.mjs) lists every file with its SHA-256 and gives the build its version. What the
 * page needs is kept at once; what is large (images of CIFAR-10, the WebGPU engine) once it has been fetched. A new build
 * is a new list: it is fetched beside the old one, unchanged files are taken over, and it is used as soon as no page of
 * the old one is open, so that no page ever gets files of two builds.
 */
/* global KD_LENS_FILES */
importScripts('sw-files.js');

const { version, files } = KD_LENS_FILES;
const SCOPE = new URL(registration.scope);
/** Names begin alike, because other pages of this origin have caches too. */
const MINE = `kd-lens ${SCOPE.pathname} `;
const CORE = `${MINE}core ${version}`;
const LATER = `${MINE}later`;
const HASH = 'x-kd-lens-sha256';

addEventListener('install', (event) =>
  event.waitUntil(
    install().catch(async (error) => {
      // Half a build is none; the one before goes on.
      await caches.delete(CORE);
      throw error;
    }),
  ),
);
addEventListener('activate', (event) => event.waitUntil(activate()));
addEventListener('message', ({ data }) => {
  if (data === 'take over') skipWaiting();
});
addEventListener('fetch', (event) => {
  const path = pathOf(event.request);
  if (path !== null) event.respondWith(answer(event, path));
});

/** The file that a request means, or null when it is none of this site's. A query belongs to the page, not to the file. */
function pathOf({ method, url }) {
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== SCOPE.origin || !pathname.startsWith(SCOPE.pathname)) return null;
  const path = decodeURIComponent(pathname.slice(SCOPE.pathname.length)).replace(/(^|\/)$/, '$1index.html');
  return Object.hasOwn(files, path) ? path : null;
}

const addressOf = (path) => new URL(path, SCOPE).href;

async function install() {
  const cache = await caches.open(CORE);
  const wanted = Object.entries(files).filter(([, file]) => file.core);
  const one = async ([path, { sha256 }]) => {
    const old = await caches.match(addressOf(path));
    const response = old?.headers.get(HASH) === sha256 ? old : await fetchChecked(path, sha256);
    await cache.put(addressOf(path), response);
  };
  // A few at a time: the page is loading as well.
  const lanes = Array.from({ length: 4 }, async () => {
    for (let next = wanted.shift(); next; next = wanted.shift()) await one(next);
  });
  await Promise.all(lanes);
}

/** Forgets other builds, and what is kept of large files that are not the same any more. */
async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(MINE) && name !== CORE && name !== LATER) await caches.delete(name);
  }
  const later = await caches.open(LATER);
  for (const request of await later.keys()) {
    const kept = await later.match(request);
    const path = pathOf(request);
    if (path === null || files[path].sha256 !== kept.headers.get(HASH)) await later.delete(request);
  }
  await clients.claim();
}

async function answer(event, path) {
  if (event.request.mode === 'navigate' && registration.waiting && (await lastOfItsBuild(event))) {
    // The new build takes over and the page is asked for again.
    registration.waiting?.postMessage('take over');
    // A script: a «Refresh» header would only jump to the place of the page that the address names after #.
    return new Response('<!doctype html><title>kd-lens</title><script>location.reload()</script>', { headers: { 'Content-Type': 'text/html;charset=utf-8' } });
  }
  const { core, sha256 } = files[path];
  const cache = await caches.open(core ? CORE : LATER);
  const kept = await cache.match(addressOf(path));
  if (kept) return kept;
  if (core) return fetch(event.request);
  const response = await fetchChecked(path, sha256).catch(() => null);
  // A server that has another file by now: the page says what it thinks of it.
  if (!response) return fetch(event.request);
  // A full disk is no reason to keep the file from the page.
  event.waitUntil(cache.put(addressOf(path), response.clone()).catch(() => {}));
  return response;
}

/** Whether no page of this build stays open but the one that is being reloaded, which counts until it is replaced. */
async function lastOfItsBuild({ request, resultingClientId }) {
  const open = (await clients.matchAll({ type: 'window' })).filter(({ id }) => id !== resultingClientId);
  const reload = request.isReloadNavigation || request.cache === 'no-cache' || request.cache === 'reload';
  return open.length < (reload ? 2 : 1);
}

/** The file, if it is the one of this build. What the browser's own cache has may be older. */
async function fetchChecked(path, sha256) {
  for (const mode of ['default', 'reload']) {
    const response = await fetch(addressOf(path), { cache: mode });
    if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
    const bytes = await response.arrayBuffer();
    if (hex(await crypto.subtle.digest('SHA-256', bytes)) !== sha256) continue;
    // The headers stay, as they may carry a security policy; but these bytes are not packed any more.
    const headers = new Headers(response.headers);
    headers.delete('content-encoding');
    headers.set('content-length', String(bytes.byteLength));
    headers.set(HASH, sha256);
    return new Response(bytes, { headers });
  }
  throw new Error(`${path} is not the file of build ${version}`);
}

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
