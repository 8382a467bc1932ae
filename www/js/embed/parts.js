/**
 * Which parts of the article the frame shows. Their names are the ids of the article's sections and of the questions in
 * them, so that a part that is added there can be shown here. What is hidden computes nothing: panels wait until they
 * come near the view.
 */

/** The sections whose questions are put to the networks. */
const ASKING = ['look', 'fool', 'ignore', 'why'];

/** What `hide` can take away besides settings; `css/embed.css` says what is meant by each. */
export const THINGS = ['settings', 'run', 'measured', 'title', 'credit', 'question', 'seeds'];

/** @returns {string[]} names of all parts, in order */
export function partNames() {
  const names = ['opening'];
  for (const section of document.querySelectorAll('main > section[id]')) {
    names.push(section.id, ...groupsOf(section).keys());
  }
  return [...names, 'sources'];
}

/** The questions of a section, each with what belongs to it. @returns {Map<string, Element[]>} */
function groupsOf(section) {
  const groups = new Map();
  let group = null;
  for (const child of section.children) {
    if (child.matches('.question[id$="-title"]')) {
      group = [];
      groups.set(child.id.replace(/-title$/, ''), group);
    }
    group?.push(child);
  }
  return groups;
}

/**
 * Shows these parts and no others; all sections, without opening and sources, when none is named.
 * @param {string[]} wanted
 * @returns {{teach: boolean, opening: boolean, asks: boolean}} whether these are among what is shown, and any that asks the networks
 */
export function showParts(wanted) {
  const show = (element, shown) => element?.toggleAttribute('data-off', !shown);
  const all = wanted.length === 0;
  show(document.querySelector('main > .opening'), wanted.includes('opening'));
  show(document.querySelector('main > .end'), wanted.includes('sources'));
  for (const section of document.querySelectorAll('main > section[id]')) {
    const whole = all || wanted.includes(section.id);
    const groups = groupsOf(section);
    const some = [...groups.keys()].some((name) => wanted.includes(name));
    show(section, whole || some);
    const grouped = new Set([...groups.values()].flat());
    for (const child of section.children) if (!grouped.has(child) && !child.matches('h2')) show(child, whole);
    for (const [name, group] of groups) for (const child of group) show(child, whole || wanted.includes(name));
  }
  const first = [...document.querySelectorAll('main > section')].find((section) => !section.hasAttribute('data-off'));
  for (const section of document.querySelectorAll('main > section')) section.toggleAttribute('data-first', section === first);
  const asks = ASKING.some((id) => document.getElementById(id)?.hasAttribute('data-off') === false);
  return { teach: all || wanted.includes('teach'), opening: wanted.includes('opening'), asks };
}

/** @param {string[]} hidden names of {@link THINGS}; others are settings, which the form hides */
export function hideThings(hidden) {
  document.body.dataset.hide = hidden.filter((name) => THINGS.includes(name)).join(' ');
}
