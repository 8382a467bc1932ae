#!/usr/bin/env node
// Puts the site (engine, networks, page) where a project serves files as they are: npx kd-lens-site public/kd-lens
import { cpSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [to] = process.argv.slice(2);
if (!to) {
  console.error('error: name the folder to put the site into, for example: npx kd-lens-site public/kd-lens');
  process.exit(1);
}
cpSync(fileURLToPath(new URL('site', import.meta.url)), to, { recursive: true });
console.log(`The site of kd-lens is in ${to}.`);
