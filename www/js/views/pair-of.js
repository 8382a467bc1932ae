/** Reports as of one taught learner and its baseline, `student` and `control`: what the panels of this page show. */

/** Where a report has a value for each taught learner, the student's takes its place; null where it has none. */
export function pairOf(value) {
  if (Array.isArray(value)) return typeof value[0] === 'number' ? value : value.map(pairOf);
  if (value === null || typeof value !== 'object' || ArrayBuffer.isView(value)) return value;
  const entries = Object.entries(value);
  if (entries.length === 0) return null;
  if (entries.length === 1 && entries[0][0] === 'student') return pairOf(value.student);
  return Object.fromEntries(entries.map(([name, own]) => [name, pairOf(own)]));
}

/** Asks a probe for the report of the pair. */
export const probePair = async (lab, name, options) => pairOf(await lab.probe(name, options));
