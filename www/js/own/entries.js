/** The files of a folder that was chosen or dropped. Read at once; what they mean is `folder.js`'s business. */

/** @typedef {{path: string, file: File}} Entry path from the chosen folder on, with slashes */

/** What a chosen folder holds, as an `<input webkitdirectory>` tells it. @returns {Entry[]} */
export const entriesOf = (files) => [...files].map((file) => ({ path: file.webkitRelativePath.split('/').slice(1).join('/'), file }));

/** What was dropped, folders with all that is in them. @returns {Promise<Entry[]>} */
export async function droppedEntries(transfer) {
  // The list of items is emptied as soon as this event is over, so it is read before anything is waited for.
  const roots = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const alone = roots.length === 1 && roots[0].isDirectory;
  const found = [];
  const walk = async (entry, path) => {
    if (entry.isFile) found.push({ path, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) });
    else for (const child of await childrenOf(entry)) await walk(child, path ? `${path}/${child.name}` : child.name);
  };
  for (const root of roots) await walk(root, alone ? '' : root.name);
  return found;
}

/** A reader of a folder gives its children in parts, the last of them empty. */
async function childrenOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const part = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    all.push(...part);
  }
}
