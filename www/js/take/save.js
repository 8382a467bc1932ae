/** Hands a file to the reader. */

/** @param {string} name @param {BlobPart[]|Blob} content */
export function save(name, content, type = 'application/octet-stream') {
  const blob = content instanceof Blob ? content : new Blob(content, { type });
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
  link.click();
  // The browser reads the blob after the click; a minute is long enough for it to begin.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
