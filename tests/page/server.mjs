// A static server for the page on 127.0.0.1, used by `cargo xtask serve` and by the page tests.
//
// Several folders are laid over one another: www/ from git, then what is built (engine/, vendor/). Other folders are
// mounted at a path (data/). Where a browser accepts it, FILE.br or FILE.gz is sent instead of FILE.
//
//   node tests/page/server.mjs --root www --root target/site/release --mount /data=data --port 8000 [--isolated]
import http from 'node:http';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import sirv from 'sirv';

const project = fileURLToPath(new URL('../..', import.meta.url));

/** The site that the tests look at: KD_LENS_SITE and KD_LENS_DATA, which `cargo xtask test` sets, or where they are by default. */
export function testSite() {
  return {
    roots: [path.join(project, 'www'), process.env.KD_LENS_SITE ?? path.join(project, 'target/site/release')],
    mounts: { '/data': process.env.KD_LENS_DATA ?? path.join(project, 'data'), '/examples': path.join(project, 'examples') },
  };
}

/** Kinds that the server would otherwise send without a type. */
const TYPES = { '.bin': 'application/octet-stream', '.safetensors': 'application/octet-stream', '.md': 'text/markdown;charset=utf-8' };

/** The headers that isolate a page from other origins. */
export const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

/**
 * Starts the server.
 * @param {object} options
 * @param {string[]} options.roots folders at /, the first one that has a file wins
 * @param {Record<string, string>} [options.mounts] folders at other paths
 * @param {number} [options.port] 0 (default) takes any free port
 * @param {(path: string) => void} [options.onRequest] is told every address that is asked for
 * @param {boolean} [options.isolated] send COOP and COEP, which isolate the page from other origins
 * @param {Record<string, string>} [options.headers] further headers of every answer
 * @param {string} [options.prefix] the folder of the server in which the site lies, such as `/deep/er/path`
 * @returns {Promise<{url: string, close: () => Promise<void>}>} `url` ends in a slash
 */
export async function startServer({ roots, mounts = {}, port = 0, isolated = false, headers = {}, onRequest, prefix = '' }) {
  // `dev` looks at the disk for every request, so that an edited file is seen at once.
  const serve = (folder) =>
    sirv(folder, {
      dev: true,
      etag: true,
      brotli: true,
      gzip: true,
      setHeaders(response, pathname) {
        const type = TYPES[path.extname(pathname)];
        if (type) response.setHeader('Content-Type', type);
      },
    });
  const base = roots.map((root) => ({ prefix: '', handler: serve(root) }));
  const mounted = Object.entries(mounts).map(([prefix, folder]) => ({ prefix, handler: serve(folder) }));
  const layers = [...mounted, ...base];

  const server = http.createServer((request, response) => {
    if (isolated) for (const [name, value] of Object.entries(ISOLATION)) response.setHeader(name, value);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    const url = request.url.startsWith(`${prefix}/`) ? request.url.slice(prefix.length) : '/outside of the site';
    onRequest?.(url);
    const attempt = (index) => {
      const layer = layers[index];
      if (!layer) {
        response.writeHead(404, { 'Content-Type': 'text/plain;charset=utf-8' });
        response.end(`There is no ${request.url} here.\n`);
      } else if (layer.prefix && !url.startsWith(`${layer.prefix}/`)) {
        attempt(index + 1);
      } else {
        request.url = url.slice(layer.prefix.length);
        delete request._parsedUrl; // sirv's parser keeps the address that it saw first
        layer.handler(request, response, () => attempt(index + 1));
      }
    };
    attempt(0);
  });
  // Not 0.0.0.0: only a loopback address is a secure context without TLS, and WebGPU is refused elsewhere.
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}${prefix}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function main() {
  const { values } = parseArgs({
    options: {
      root: { type: 'string', multiple: true },
      mount: { type: 'string', multiple: true },
      port: { type: 'string', default: '8000' },
      isolated: { type: 'boolean', default: false },
    },
  });
  const site = testSite();
  const pairs = (values.mount ?? []).map((text) => text.split(/=(.*)/s).slice(0, 2));
  const options = {
    roots: values.root ?? site.roots,
    mounts: values.mount ? Object.fromEntries(pairs) : site.mounts,
    port: Number(values.port),
    isolated: values.isolated,
  };
  const missing = options.roots.find((root) => !existsSync(root));
  if (missing) {
    console.error(`error: there is no folder ${missing}; \`cargo xtask serve\` builds what is needed`);
    process.exit(1);
  }
  try {
    const { url } = await startServer(options);
    console.log(`kd-lens is at ${url} (Ctrl-C ends it)`);
  } catch (error) {
    const inUse = error.code === 'EADDRINUSE';
    console.error(`error: ${inUse ? `port ${values.port} is in use; choose another with --port, or 0 for any free one` : error.message}`);
    process.exit(1);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
