/** What a site may lack: the recorded run, the report of the study, images. A finished site knows which of them it has. */
import { EXTRAS } from './build.js';

/** Whether to ask this site for such a file; where nothing is known the answer tells. @param {string} path from the site's root */
export const mayHave = (path) => EXTRAS?.includes(path) ?? true;
