/**
 * `<kd-lens>`: kd-lens as one element of any page. `import 'kd-lens/element'` or the site's `element.js` defines it.
 *
 * ## Attributes
 *
 * - Settings of the run: `dataset`, `teacher`, `student`, `method`, `temperature`, `alpha`, `beta`, `gamma`, `seed`, `epochs`,
 *   `train-images`, `test-images`, `batch-size`, `learning-rate`, `backend` and every other common setting in kebab case.
 *   `settings` takes all others as a link does: `settings="distance=angle&exponent=2"`. Values out of range are brought into it,
 *   and an event `kd-lens:note` says so. A change reaches a run that is under way where the setting is live.
 * - `parts`: what is shown, with commas: `opening`, `teach` (or `seeds`), `look` (or `own`), `fool`, `ignore` (or `invariance`, `domains`,
 *   `shape`), `why` (or `fidelity`, `rescaling`, `boundary`, `layers`, `relevance`, `projector`), `take`, `words`, `sources`. Without it
 *   all but opening and sources.
 * - `hide`: settings that are not shown, and `settings` (the form), `run` (the buttons), `measured` (the folds on method),
 *   `title` (headings and first paragraphs), `files` (the reader's own data), `credit` (the last line), `question` (the choice of
 *   a question to begin with), `seeds` (the button for several seeds).
 * - `lock`: settings that are shown but cannot be changed by the reader; `settings` locks all, `files` the reader's own data.
 * - `theme`: `auto` (default: dark only where the page around has a dark `color-scheme`), `system`, `light`, `dark`.
 * - `lang`: the language of the frame, `en` or `de`; without it that of the element's place in the page (`lang` of an element around
 *   it), and in a page that names none the one that the reader's browser prefers. A change opens the frame anew.
 * - `offscreen`: `pause` (default: training rests while the element is out of sight) or `run`.
 * - `loading`: `lazy` (default: nothing is loaded until the element comes near the view) or `eager`.
 * - `src`: address of a folder with `embed.html`; default: the folder that `element.js` came from.
 * - `title`: the name of the frame for people who do not see it. Without it the frame names itself, in its language.
 *
 * ## Events
 *
 * All bubble. `kd-lens:ready` ({@link ReadyDetail}), `kd-lens:change` ({@link State}, at most five a second),
 * `kd-lens:evaluation` (an evaluation event of `engine.d.ts`), `kd-lens:note` (`{message}`),
 * `kd-lens:problem` ({@link Problem}).
 */
import type { Description, EvaluationEvent, ProgressEvent, Settings } from './js/engine.js';

export interface State {
  /** `recorded`: a run that the site brings along is shown, until there is one of the reader's own. */
  phase: 'none' | 'recorded' | 'opening' | 'warming' | 'running' | 'pausing' | 'paused' | 'finishing' | 'finished' | 'failed';
  /** Whether training rests only because the element is out of sight. */
  waiting: boolean;
  step: number;
  totalSteps: number;
  backend: 'cpu' | 'gpu' | null;
  /** As the form has them; the run under way may have others, see {@link Results}. */
  settings: Partial<Settings> & Record<string, unknown>;
  /** The address of the whole page with these settings; only those that are not the default. */
  link: string;
}

export interface Results {
  version: 1;
  phase: State['phase'];
  step: number;
  totalSteps: number;
  backend: 'cpu' | 'gpu' | null;
  link: string;
  /** What the run was begun with; null without a run. */
  settings: Settings | null;
  /** The loss with its numbers. */
  formula: string;
  evaluations: EvaluationEvent[];
  /** Losses over the steps. */
  progress: ProgressEvent[];
}

export interface Problem {
  /** Of `engine.d.ts`, or `embed-unreachable`, `disposed`, `api-version`. */
  code: string;
  message: string;
  /** What can be done about it; may be empty. */
  advice: string;
}

export interface ReadyDetail {
  /** Versions that `kdLens` knows. */
  versions: number[];
  state: State;
}

/** Version 1 of the API. A later version may add methods; those of this one keep their meaning. */
export interface KdLensV1 {
  readonly version: 1;
  /** Loads the element now, wherever it is. */
  ready(): Promise<State>;
  /** Starts or goes on. Resolves once training has begun, or at once while the element is out of sight. */
  run(): Promise<State>;
  /** Resolves once training rests. */
  pause(): Promise<State>;
  /** One training step. */
  step(): Promise<State>;
  /** Ends the run here, with an evaluation. */
  stop(): Promise<State>;
  /** Drops the run. */
  drop(): Promise<State>;
  /** Settings by their names in camel case, locked ones too; null stands for the default. What was brought into range is said in `notes`. */
  set(values: Record<string, unknown>): Promise<{ settings: State['settings']; notes: string[] }>;
  results(): Promise<Results>;
  /** Asks the trained networks, as `Lab.probe` of `engine.d.ts`; loads them if need be. */
  probe(name: string, options?: object): Promise<unknown>;
  /** The table of settings, methods, architectures and probes. */
  describe(): Promise<Description>;
}

/** Every method rejects with an `Error` that has a `code`; `disposed` when the element is removed in between. */
export class KdLensElement extends HTMLElement implements Omit<KdLensV1, 'version' | 'ready'> {
  /** Address of the site for elements without `src`; to be set before they are in the page. Default: where this module lies. */
  static site: string | URL;
  /**
   * @throws an error with the code `api-version` that names the versions there are
   */
  kdLens(version: 1): KdLensV1;
  readonly readyState: 'idle' | 'loading' | 'ready' | 'failed';
  /** What the frame last said; null before it is ready. */
  readonly state: State | null;
  run(): Promise<State>;
  pause(): Promise<State>;
  step(): Promise<State>;
  stop(): Promise<State>;
  drop(): Promise<State>;
  set(values: Record<string, unknown>): Promise<{ settings: State['settings']; notes: string[] }>;
  results(): Promise<Results>;
  probe(name: string, options?: object): Promise<unknown>;
  describe(): Promise<Description>;
}

declare global {
  interface HTMLElementTagNameMap {
    'kd-lens': KdLensElement;
  }
  interface HTMLElementEventMap {
    'kd-lens:ready': CustomEvent<ReadyDetail>;
    'kd-lens:change': CustomEvent<State>;
    'kd-lens:evaluation': CustomEvent<EvaluationEvent>;
    'kd-lens:note': CustomEvent<{ message: string }>;
    'kd-lens:problem': CustomEvent<Problem>;
  }
}
