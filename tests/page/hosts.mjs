// Pages of somebody else on another site, for tests of what is embedded in them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { startServer } from './server.mjs';

/**
 * A server of pages, closed behind the last test of the file. A real one: a page that Playwright answers itself has no
 * address, and Chromium keeps such a page from asking this machine for anything.
 * @returns {Promise<(html: string) => string>} takes a page and returns its address, on a site that is not 127.0.0.1, so
 *          that its frames are in another process
 */
export async function openHosts() {
  const folder = mkdtempSync(path.join(tmpdir(), 'kd-lens-hosts-'));
  const server = await startServer({ roots: [folder] });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  let count = 0;
  return (html) => {
    count += 1;
    writeFileSync(path.join(folder, `host-${count}.html`), html);
    return `${server.url.replace('127.0.0.1', 'localhost')}host-${count}.html`;
  };
}
