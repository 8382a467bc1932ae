// The contact sheet: all pictures of a call on one page, a row a panel.

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');

/** @param {{scene: {name: string, shows: string}, rows: {name: string, files: string[]}[]}[]} scenes */
export function sheet(scenes) {
  const picture = (file) => file.endsWith('.pdf') ? `<a href="${escape(file)}">${escape(file)}</a>` : `<figure><a href="${escape(file)}"><img loading="lazy" src="${escape(file)}" alt="${escape(file)}"></a><figcaption>${escape(file)}</figcaption></figure>`;
  const row = ({ name, files }) => `<h3>${escape(name)}</h3>\n<div>${files.map(picture).join('\n')}</div>`;
  const section = ({ scene, rows }) => `<section><h2>${escape(scene.name)}</h2><p>${escape(scene.shows)}</p>\n${rows.map(row).join('\n')}</section>`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>kd-lens: every panel and state</title>
<style>
body { font: 15px system-ui, sans-serif; margin: 24px; background: #f2f2f2; color: #111 }
div { display: flex; gap: 16px; align-items: flex-start; overflow-x: auto; padding-bottom: 16px }
figure { margin: 0 } img { max-height: 720px; max-width: 560px; box-shadow: 0 0 0 1px #bbb } figcaption { font-size: 12px }
</style></head>
<body><h1>Every panel and state of the page</h1>
${scenes.map(section).join('\n')}
</body></html>
`;
}
