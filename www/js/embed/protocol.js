/**
 * Every message between an embedded kd-lens (`embed.html`) and the page around it, in one place. Version 1.
 *
 * 1. For every host, by `parent.postMessage(…, '*')`, without being asked:
 *
 *    | message                                                        | whose convention                          |
 *    | -------------------------------------------------------------- | ----------------------------------------- |
 *    | `{height}`                                                     | Observable's embeds                        |
 *    | `{subject: 'lti.frameResize', height}`                         | LTI: Canvas, Sakai and others              |
 *    | the same as a JSON string                                      | Moodle's message handler                   |
 *    | `{type: 'kd-lens:resize', version: 1, height}`                 | ours                                       |
 *    | `{type: 'kd-lens:hello', versions: [1]}`                       | ours: commands can be taken now            |
 *    | `{type: 'kd-lens:problem', version: 1, code, message}`         | ours: the frame cannot be used             |
 *
 *    `height` is in CSS pixels. No message above tells anything about the reader.
 *
 * 2. For a host that answers the hello with `{type: 'kd-lens:connect', version: 1}` and a MessagePort. Only the parent of
 *    the frame may do so; commands that come in any other way are not read. From then on resizes go through the port alone.
 *
 *    The host sends {@link Command}s; every one is answered by a {@link Reply} of the same id. {@link Event}s come unasked.
 *
 *    | call        | fields                           | value                                                            |
 *    | ----------- | -------------------------------- | ---------------------------------------------------------------- |
 *    | `run`       |                                  | state, once training has begun                                    |
 *    | `pause`     |                                  | state, once it rests                                              |
 *    | `step`      |                                  | state, after one training step                                    |
 *    | `stop`      |                                  | state, after the last evaluation                                  |
 *    | `drop`      |                                  | state, without the run                                            |
 *    | `set`       | `values` (by setting; null: default) | `{settings, notes}`; values out of range are clamped, a note each |
 *    | `results`   |                                  | what the run gave so far                                          |
 *    | `probe`     | `name`, `options`                | the probe's result                                                |
 *    | `describe`  |                                  | the table of settings, methods and probes                         |
 *    | `configure` | `parts`, `hide`, `lock`, `theme`, `offscreen` (text, as in the address) | `{notes}`                  |
 *
 *    Events: `ready` (detail `{state, notes, title}`), `state`, `evaluation`, `note` (text), `problem` (`{code, message, advice}`),
 *    `resize` (`{height}`).
 *
 * @typedef {{id: number, call: string} & Record<string, any>} Command
 * @typedef {{id: number, value: any} | {id: number, error: {code: string, message: string}}} Reply
 * @typedef {{event: string, detail: any}} Event
 *
 * @typedef {object} State
 * @property {string} phase     none, recorded (a run that the site brings along is shown), opening, warming, running, pausing, paused, finishing, finished or failed
 * @property {boolean} waiting  whether training rests only because the frame is out of sight
 * @property {number} step
 * @property {number} totalSteps
 * @property {'cpu'|'gpu'|null} backend
 * @property {object} settings  of the form; a run that is under way may still have others, see `results`
 * @property {string} link      the address of the whole page with these settings, only those that are not the default
 */

export const VERSION = 1;
export const HELLO = 'kd-lens:hello';
export const CONNECT = 'kd-lens:connect';
export const RESIZE = 'kd-lens:resize';
export const PROBLEM = 'kd-lens:problem';
