/**
 * kd-lens from JavaScript. The page itself uses nothing else.
 *
 * Numbers: rates lie in [0, 1]; `epsilon` and `stepSize` are in 1/255 of the pixel range; a `grid` is [rows, columns];
 * maps are row by row; pixels are 8-bit RGB, row by row, unless said otherwise.
 */

import type {
  AdversarialOptions, AdversarialResult, FidelityOptions, FidelityResult, GradCamOptions, GradCamResult, ProjectorOptions, ProjectorResult,
  RescalingOptions, RescalingResult, UnicamOptions, UnicamResult,
} from './probes.js';

export type * from './probes.js';

export type Backend = 'auto' | 'cpu' | 'gpu';
export type Who = 'teacher' | 'student' | 'control';

/** What the run is made of. `describe()` gives label, range, default and help of each. */
export interface Settings {
  /** Default `cifar10`. `shapes32` is generated from the seed and needs no download. */
  dataset: 'cifar10' | 'cifar100' | 'shapes32';
  /** Architecture of the teacher. Default `resnet20`. */
  teacher: string;
  /** Architecture of student and control. Default `resnet8`. */
  student: string;
  /** Networks between teacher and student, each taught by the one before: `resnet32,resnet14`. Default: none. */
  assistants: string;
  /** Distillation method. Default `kl` (Hinton, Vinyals & Dean 2015). Each has settings of its own, below. */
  method: string;
  /** `sgd` (default), `adamw` (for transformers, with a learning rate near 0.001) or `dot` (two momenta). */
  optimiser: string;
  /** Default 0.05. Live. */
  learningRate: number;
  momentum: number;
  weightDecay: number;
  /** Images a step. Default 64, 2 to 512. */
  batchSize: number;
  /** Planned passes over the training images. Default 10. */
  epochs: number;
  /** Fixes initial weights, order of images and augmentation. Default 0. */
  seed: number;
  /** Default 5000. */
  trainImages: number;
  /** Default 1000. */
  testImages: number;
  /** Random crops and flips. Default true. */
  augment: boolean;
  /** Steps between evaluations; 0 = once an epoch. */
  evaluateEvery: number;
}

/**
 * Settings of the methods; `describe().methods` tells which method has which, with range, default and help. For `kl`:
 * `temperature` (4, live), `alpha` (0.9, live), `standardise` (false).
 */
export interface MethodSettings {
  temperature: number;
  alpha: number;
  beta: number;
  gamma: number;
  [option: string]: string | number | boolean;
}

export interface CreateOptions extends Partial<Settings>, Partial<MethodSettings> {
  /** `auto` (default): WebGPU where it is real hardware and agrees with the CPU on one batch, else the CPU. */
  backend?: Backend;
  /** safetensors under PyTorch names. Default: the site's own teacher for `dataset` and `teacher`. */
  teacherWeights?: Uint8Array;
  /** CIFAR binary files in place of the site's training images. */
  trainFiles?: (File | Blob | ArrayBuffer)[];
  /** CIFAR binary files in place of the site's test images. */
  testFiles?: (File | Blob | ArrayBuffer)[];
  /** Root of the kd-lens site (holds js/, engine/, models/, data/). Default: the one this module lies in. */
  base?: string | URL;
  /** Called with every status, also those before the lab exists. */
  onStatus?: (status: Status) => void;
  /** Seconds after which one call to the worker counts as hung and the worker is restarted. Default 600. */
  timeLimit?: number;
  /** Aborting it while the lab is being made rejects with code `disposed`. */
  signal?: AbortSignal;
}

export interface Status {
  phase: 'probe' | 'engine' | 'check' | 'data' | 'ready' | 'recovering';
  /** A plain sentence. */
  message: string;
  /** Bytes, in the phases `engine` and `data`. `total` is 0 when it is not known. */
  loaded?: number;
  total?: number;
}

/** Which engine runs and why. */
export interface BackendReport {
  backend: 'cpu' | 'gpu';
  /** A sentence. */
  reason: string;
  adapter: string;
  /** GPU against CPU on one batch, max |gpu − cpu| / (1 + |gpu|); null when no comparison was made. */
  check: { passed: boolean; maxDifference: number; tolerance: number } | null;
}

/** A share with its Wilson 95 % interval; `rate`, `low` and `high` are null when n is 0. */
export interface Rate {
  count: number;
  n: number;
  rate: number | null;
  low: number | null;
  high: number | null;
}

export interface Accuracy extends Rate {
  /** Mean negative log-likelihood of the labels, in nats. */
  nll: number;
}

export interface LossTerm {
  raw: number;
  /** `raw` times its weight in the loss. */
  weighted: number;
}

export interface ProgressEvent {
  type: 'progress';
  step: number;
  epoch: number;
  /** Steps that the numbers are averaged over. */
  steps: number;
  learningRate: number;
  student: { total: number; terms: Record<string, LossTerm>; accuracy: number };
  control: { total: number; terms: Record<string, LossTerm>; accuracy: number };
}

/** The student of a chain became the teacher of the next network. */
export interface GraduationEvent {
  type: 'graduation';
  step: number;
  /** Architecture of the new teacher. */
  teacher: string;
  /** Architecture of the new student. */
  student: string;
}

export interface EvaluationEvent {
  type: 'evaluation';
  step: number;
  epoch: number;
  /** Test images. */
  n: number;
  teacher: Accuracy;
  student: Accuracy;
  control: Accuracy;
  /** Test images on which the network predicts the same class as the teacher. */
  agreement: { student: Rate; control: Rate };
}

/** The planned epochs are over; further steps go on at the final learning rate. */
export interface FinishedEvent {
  type: 'finished';
  step: number;
}

export type LabEvent = ProgressEvent | EvaluationEvent | GraduationEvent | FinishedEvent;

export interface GradCamOptions {
  /** How many test images from the first on, or which. */
  images?: number | number[];
  /** Feature map: `f0` … Default: the last one before pooling. */
  tap?: string;
  /** Explain the score of the true class (default) or of each network's own prediction. */
  class?: 'label' | 'predicted';
}

export interface GradCamMap {
  logits: ArrayLike<number>;
  predicted: number;
  grid: [number, number];
  /** max(signed, 0), not rescaled. */
  map: ArrayLike<number>;
  /** Before the ReLU: negative where the evidence speaks against the class. */
  signed: ArrayLike<number>;
  max: number;
  /** No cell has positive evidence. */
  zero: boolean;
}

export interface GradCamResult {
  probe: 'grad-cam';
  step: number;
  seed: number;
  tap: string;
  n: number;
  taps: string[];
  items: {
    index: number;
    label: number;
    className: string;
    teacher: GradCamMap;
    student: GradCamMap;
    control: GradCamMap;
    /** Cosine of the two maps; null when one of them is all zero. */
    cosine: { teacherStudent: number | null; teacherControl: number | null; studentControl: number | null };
    /** Share of the map's sum inside the object's true outline; null without one, or for a zero map. */
    energy: Record<Who, number | null>;
    /** Whether the map's highest point lies inside; null as above. */
    pointing: Record<Who, boolean | null>;
  }[];
  /** Images on which cos(teacher, student) > cos(teacher, control), among those where both exist. */
  closer: Rate & { skipped: number };
  /** Cosine with the teacher's map. */
  closeness: Comparison;
  /** Against the true outlines, where they are known (Shapes-32). */
  masks: {
    /** Mean share of the image that the object covers. */
    chance: number;
    energy: Comparison;
    teacherEnergy: number | null;
    pointing: Record<Who, Rate>;
  } | null;
}

export interface UnicamOptions {
  /** How many test images, as many of each class, or which; 8 to 256. Default 64. A map depends on all of them. */
  images?: number | number[];
  tap?: string;
  /** Whom the student is compared with. Default `control`. */
  against?: 'control' | 'teacher';
  /** Distances between labels: one-hot vectors (default) or the rows of the teacher's last layer. */
  labels?: 'one-hot' | 'classifier';
}

export interface UnicamPart {
  /** How what is left relates to the labels, in [−1, 1]; rounding where `left` is below 1e-6. */
  relevance: number;
  /** Share left when the other network's features are taken out, in [0, 1]; the same for both parts. */
  left: number;
}

export interface UnicamMap {
  grid: [number, number];
  /** Largest value 1, or all zero. */
  map: ArrayLike<number>;
  zero: boolean;
  /** Share inside the object's true outline; null without one, or for a zero map. */
  energy: number | null;
}

export interface UnicamResult {
  probe: 'unicam';
  step: number;
  seed: number;
  tap: string;
  taps: string[];
  against: 'control' | 'teacher';
  n: number;
  /** What the student has beyond the other network. */
  distilled: UnicamPart;
  /** What the other network has beyond the student. */
  residual: UnicamPart;
  /** Energy inside the true outline: distilled (`student`) against residual (`control`). */
  energy: Comparison | null;
  chance: number | null;
  items: { index: number; label: number; className: string; distilled: UnicamMap; residual: UnicamMap }[];
}

export interface FidelityOptions {
  /** Default 500. */
  images?: number | number[];
}

export interface Calibration {
  accuracy: Rate;
  /** Mean negative log-likelihood of the labels, in nats. */
  nll: number;
  /** Expected calibration error over 15 equal bins. */
  ece: number;
  /** `upper` end of a bin of the highest probability; means are 0 in an empty bin. */
  bins: { upper: number; count: number; confidence: number; accuracy: number }[];
}

export interface FidelityResult {
  probe: 'fidelity';
  step: number;
  seed: number;
  n: number;
  calibration: Record<Who, Calibration>;
  /** Same class as the teacher. */
  agreement: Comparison;
  agreementRates: Pair<Rate>;
  /** KL(teacher ‖ network) at T = 1, in nats. */
  predictiveKl: Comparison;
  /** Cosine of the input gradients with the teacher's. */
  gradientAlignment: Comparison;
  /** Cohen's κ of being right, with the teacher; null where chance alone explains everything. */
  kappa: Pair<number | null>;
  /** What the accuracies alone leave for the agreement. */
  bounds: Pair<{ low: number; high: number }>;
  /** The student's agreement with the teacher (`student`) and with a foreign network (`control`), after `bring`. */
  foreign: Comparison | null;
  /** Agreement of the control with a twin, after `bring`. */
  chance: Rate | null;
}

export interface RescalingOptions {
  /** Default 500. */
  images?: number | number[];
  /** Default 4; 0.5 to 20. */
  temperature?: number;
  /** Default 0.9; 0 to 1. */
  alpha?: number;
}

export interface RescalingResult {
  probe: 'rescaling';
  step: number;
  seed: number;
  n: number;
  temperature: number;
  alpha: number;
  classes: string[];
  items: {
    index: number;
    label: number;
    /** The teacher's probability of the label at T = 1. */
    confidence: number;
    /** By how much soft targets rescale the gradient at the label; null where labels alone give none. */
    factor: Pair<number | null>;
    /** What the variants would teach, one probability a class. */
    targets: Record<'label' | 'smoothing' | 'teacher' | 'confidence' | 'topK', number[]>;
  }[];
  /** Factor against the teacher's confidence. */
  confidenceCorrelation: Pair<Correlation>;
  /** Correlations between classes of the teacher's probabilities at T; null where a class never varies. */
  teacherGeometry: (number | null)[][];
  /** Cosines between the rows of the last layers. */
  rowGeometry: Pair<number[][]>;
  /** Rank correlation of the two, over pairs of different classes. */
  geometryCorrelation: Pair<Correlation>;
}

export interface ProjectorOptions {
  /** Default 500. */
  images?: number | number[];
}

/** Only for the method `srd` with a linear projector. */
export interface ProjectorResult {
  probe: 'projector';
  step: number;
  seed: number;
  n: number;
  /** Rows and columns: teacher × student. */
  shape: [number, number];
  /** Largest first. */
  singularValues: number[];
  /** From 1 to their number. */
  effectiveRank: number;
  /** 0 where the plain squared distance would rest; null if the features do not vary. */
  fixedPointResidual: number | null;
}

export interface AdversarialOptions {
  images?: number | number[];
  /** Largest change of a pixel, in 1/255. Default 8. */
  epsilon?: number;
  /** I-FGSM steps. Default 5. */
  steps?: number;
  /** In 1/255. Default epsilon / 4. */
  stepSize?: number;
  /** Every value changes by at most epsilon (`linf`, default), or the root mean square of the change does (`l2`). */
  norm?: 'linf' | 'l2';
  /** From the image (`i-fgsm`, default) or from a random point of the ball (`pgd`). */
  attack?: 'i-fgsm' | 'pgd';
  /** Whom to attack. Default `teacher`; `foreign` after `bring`. */
  source?: Who | 'foreign';
  /** Further values of epsilon, at most 32. */
  sweep?: number[];
  /** Test images whose pixels and probabilities are wanted. */
  pictures?: number[];
}

export type Verdicts = Record<Who, number>;

export interface AdversarialResult {
  probe: 'adversarial';
  step: number;
  seed: number;
  epsilon: number;
  stepSize: number;
  steps: number;
  n: number;
  norm: 'linf' | 'l2';
  randomStart: boolean;
  source: Who | 'foreign';
  /** The attacked network on all images. */
  success: Rate;
  /** The attacked network: of all n. The others: of the images that fooled it. */
  fooling: Record<Who, Rate>;
  /** The same images with random sign noise of equal epsilon in place of the attack. */
  noise: Record<Who, Rate>;
  /** Student against control on the images that fooled the attacked network. */
  comparison: Comparison;
  noiseComparison: Comparison;
  /** Of the images that fooled the attacked network and this one: how often both saw the same class. */
  sameWrongClass: Record<Who, Rate>;
  sweep: { epsilon: number; fooling: Record<Who, Rate>; noise: Record<Who, Rate>; comparison: Comparison }[];
  items: {
    index: number;
    label: number;
    className: string;
    /** The attack changed the attacked network's prediction. */
    fooled: boolean;
    /** What the attacked network saw in the attacked image. */
    became: number;
    clean: Verdicts;
    adversarial: Verdicts;
    noise: Verdicts;
  }[];
  pictures: {
    index: number;
    /** 3,072 numbers in [0, 1], planar R, G, B. */
    clean: ArrayLike<number>;
    adversarial: ArrayLike<number>;
    noise: ArrayLike<number>;
    probabilities: Record<'clean' | 'adversarial' | 'noise', Record<Who, ArrayLike<number>>>;
  }[];
}

/** Student against control on the same images: paired bootstrap of the difference. Null where there are too few. */
export interface Comparison {
  n: number;
  student: number | null;
  control: number | null;
  /** Mean of student − control, with its 95 % interval. */
  difference: number | null;
  low: number | null;
  high: number | null;
  verdict: 'higher' | 'noDifference' | 'lower' | 'unknown';
}

/** How often student and control predict what the teacher predicts. */
export interface Consensus {
  student: Rate;
  control: Rate;
  comparison: Comparison;
}

export type Change =
  | 'brightness' | 'contrast' | 'saturation' | 'hue' | 'jitter' | 'crop' | 'shift' | 'flip' | 'rotation' | 'noise' | 'blur';

export interface InvarianceOptions {
  images?: number | number[];
  /** Default `jitter`. */
  change?: Change;
  /** What they mean stands in the result. Default: four usual ones of the change. */
  strengths?: number | number[];
  /** Test images whose pixels are wanted. */
  pictures?: number[];
}

export interface InvarianceResult {
  probe: 'invariance';
  step: number;
  seed: number;
  change: Change;
  /** What a strength s means. */
  meaning: string;
  /** The strength at which nothing changes. */
  neutral: number;
  n: number;
  strengths: {
    strength: number;
    /** Predictions that stayed. For `crop` and `shift` two changed views are compared, else image and changed image. */
    kept: Record<Who, Rate>;
    comparison: Comparison;
    /** On the changed images. */
    consensus: Consensus;
    accuracy: Record<Who, Rate>;
  }[];
  /** `views` in the order of the strengths. */
  items: { index: number; label: number; className: string; views: { reference: Verdicts; changed: Verdicts }[] }[];
  /** 3,072 numbers in [0, 1] each, planar R, G, B, in the order of the strengths. */
  pictures: { index: number; reference: ArrayLike<number>[]; changed: ArrayLike<number>[] }[];
}

export type Domain = 'greyscale' | 'edges' | 'silhouettes' | 'posterised' | 'stylised';

export interface DomainsOptions {
  images?: number | number[];
  /** Default: all. */
  domains?: Domain[];
  pictures?: number[];
}

export interface DomainsResult {
  probe: 'domains';
  step: number;
  seed: number;
  n: number;
  /** The unchanged images first. */
  domains: { domain: 'unchanged' | Domain; meaning: string; consensus: Consensus; accuracy: Record<Who, Rate> }[];
  /** `verdicts` in the order of the domains. */
  items: { index: number; label: number; className: string; verdicts: Verdicts[] }[];
  /** 3,072 numbers in [0, 1] each, planar R, G, B, in the order of the domains. */
  pictures: { index: number; domains: ArrayLike<number>[] }[];
}

export interface ShapeTextureOptions {
  images?: number | number[];
  pictures?: number[];
}

export interface CueResult {
  /** Answered by shape among those answered by shape or by texture; n is the number of these. */
  bias: Record<Who, Rate>;
  /** On the images that student and control both answered by shape (1) or by texture (0). */
  comparison: Comparison;
  /** Answered by shape, by texture, of all n. */
  shape: Record<Who, Rate>;
  texture: Record<Who, Rate>;
  consensus: Consensus;
}

/** For the dataset `shapes32` only. */
export interface ShapeTextureResult {
  probe: 'shape-texture';
  step: number;
  seed: number;
  n: number;
  /** What the two cues can show. */
  note: string;
  /** The outline filled with a patch of another class's image. */
  patch: CueResult;
  /** The outline with the texture and colours of another class's object: an answer by it is right by chance only. */
  fill: CueResult;
  items: {
    index: number;
    label: number;
    className: string;
    other: number;
    otherLabel: number;
    otherName: string;
    patch: Verdicts;
    fill: Verdicts;
  }[];
  pictures: { index: number; patch: ArrayLike<number>; fill: ArrayLike<number> }[];
}

export interface BoundaryOptions {
  /** How many planes (drawn by seed, three different classes each), or which test images they go through. Default 5. */
  triplets?: number | [number, number, number][];
  /** Grid points along each side. Default 50. */
  resolution?: number;
  /** For how many planes the predicted classes are wanted. Default 1. */
  pictures?: number;
}

/** Points on which a network predicts what the teacher predicts. No interval: neighbouring points are not independent. */
export interface Share {
  count: number;
  n: number;
  share: number;
}

export interface BoundaryResult {
  probe: 'boundary';
  step: number;
  seed: number;
  /** Planes. */
  n: number;
  resolution: number;
  /** Mean shares of student and control over the planes. */
  comparison: Comparison;
  items: {
    images: [number, number, number];
    labels: [number, number, number];
    classNames: [string, string, string];
    student: Share;
    control: Share;
  }[];
  pictures: {
    images: [number, number, number];
    /** (x, y) of the three images. */
    coordinates: [[number, number], [number, number], [number, number]];
    /** First and last coordinate of the grid. */
    x: [number, number];
    y: [number, number];
    resolution: number;
    /** Predicted classes row by row, the row with the smallest y first. */
    classes: Record<Who, ArrayLike<number>>;
  }[];
}

export interface Picture {
  index: number;
  label: number;
  className: string;
  /** 32 × 32 × 3 bytes, row by row, R G B. */
  pixels: Uint8Array;
}

export interface Progress {
  step: number;
  epoch: number;
  stepsPerEpoch: number;
  totalSteps: number;
  trainHeld: number;
  testHeld: number;
}

export interface SettingDescription {
  name: string;
  type: 'choice' | 'list' | 'integer' | 'number' | 'boolean';
  default: string | number | boolean;
  min?: number;
  max?: number;
  step?: number;
  choices?: { value: string; label: string }[];
  label: string;
  help: string;
  unit?: string;
  /** May change during a run, through `adjust`. */
  live?: boolean;
}

export interface MethodDescription {
  name: string;
  label: string;
  /** Group in menus. */
  family: string;
  formula: string;
  source: string;
  /** How well the formula is founded. */
  provenance: 'read' | 'derived' | 'recalled';
  /** A plain paragraph. */
  explanation: string;
  needsTeacher: boolean;
  settings: SettingDescription[];
  /** Why the method does not fit a pair of networks, by `teacher student`. Pairs that fit are absent. */
  refused: Record<string, string>;
}

export interface Description {
  version: string;
  settings: SettingDescription[];
  methods: MethodDescription[];
  architectures: { name: string; label: string; parameters: number; taps: string[] }[];
  datasets: { name: string; label: string; classes: string[] }[];
  probes: { name: string; help: string }[];
  errorCodes: string[];
}

/** Every code a {@link LabError} can carry. */
export const ERROR_CODES: readonly ErrorCode[];

export type ErrorCode =
  | 'setting-unknown' // no setting of that name
  | 'setting-invalid' // out of range or of the wrong type
  | 'data-truncated' // a data file ends inside an image
  | 'data-foreign' // a data file of another format, or not the one its list describes
  | 'data-unavailable' // the site does not have the data, or a file could not be loaded
  | 'data-missing' // more images asked for than there are
  | 'weights-unreadable' // not safetensors, or damaged
  | 'weights-mismatch' // weights of another architecture or number of classes
  | 'weights-missing' // the site has no trained teacher of that architecture for that data set
  | 'checkpoint-unreadable'
  | 'checkpoint-mismatch' // a checkpoint of other settings
  | 'probe-unknown'
  | 'probe-invalid' // a probe's option out of range
  | 'tensors-invalid' // named tensors that a loss or a metric cannot work with
  | 'diverged' // the loss is no longer a finite number; the lab went back to its last checkpoint
  | 'gpu-unavailable' // backend 'gpu' was asked for and cannot be had
  | 'gpu-mismatch' // backend 'gpu' was asked for and fails the comparison with the CPU
  | 'gpu-lost' // the device was lost during this call; the lab recovers
  | 'worker-died' // the worker ended during this call; the lab recovers
  | 'disposed' // the lab was disposed of
  | 'internal'; // a fault of kd-lens

export class LabError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string);
}

interface LabEventMap {
  /** Anything worth telling a person who waits. */
  status: CustomEvent<Status>;
  /** The engine was restarted, or the training diverged, and the lab stands at its last checkpoint. */
  recovered: CustomEvent<{ step: number; backend: 'cpu' | 'gpu'; message: string }>;
}

/**
 * One experiment. Calls are carried out one after another, in order. When the worker dies or the GPU is lost, the calls
 * under way reject with `worker-died` or `gpu-lost`; later calls wait until the engine stands again at its last
 * checkpoint (taken at the start, at every evaluation and by `checkpoint`). A GPU lost twice is replaced by the CPU.
 */
export class Lab extends EventTarget {
  private constructor();
  readonly backend: 'cpu' | 'gpu';
  readonly backendReport: BackendReport;
  /** All settings with their present values. */
  readonly settings: Settings;
  /** Trains `count` steps (default 1) and returns what happened. Waits for images that are still on their way. */
  step(count?: number): Promise<LabEvent[]>;
  /** Evaluates the three networks on the test images now. */
  evaluate(): Promise<EvaluationEvent>;
  probe(name: 'grad-cam', options?: GradCamOptions): Promise<GradCamResult>;
  probe(name: 'adversarial', options?: AdversarialOptions): Promise<AdversarialResult>;
  probe(name: 'invariance', options?: InvarianceOptions): Promise<InvarianceResult>;
  probe(name: 'domains', options?: DomainsOptions): Promise<DomainsResult>;
  /** @throws probe-invalid for other datasets than `shapes32`. */
  probe(name: 'shape-texture', options?: ShapeTextureOptions): Promise<ShapeTextureResult>;
  probe(name: 'boundary', options?: BoundaryOptions): Promise<BoundaryResult>;
  probe(name: 'unicam', options?: UnicamOptions): Promise<UnicamResult>;
  probe(name: 'fidelity', options?: FidelityOptions): Promise<FidelityResult>;
  probe(name: 'rescaling', options?: RescalingOptions): Promise<RescalingResult>;
  /** @throws probe-invalid where the run has no linear projector. */
  probe(name: 'projector', options?: ProjectorOptions): Promise<ProjectorResult>;
  /** Any other probe of `describe().probes`: its report as `kd-lens probe NAME` prints it. */
  probe(name: string, options?: Record<string, unknown>): Promise<Record<string, any>>;
  /**
   * Gives probes a further network as safetensors: `foreign` (any known architecture; neither taught nor learned here) or
   * `twin` (the student's architecture, trained without a teacher from another seed).
   * @throws weights-unreadable, weights-mismatch
   */
  bring(role: 'foreign' | 'twin', weights: Uint8Array): Promise<void>;
  /** Everything that is needed to go on later with the same settings. */
  checkpoint(): Promise<Uint8Array>;
  /** @throws checkpoint-unreadable, checkpoint-mismatch; the lab is then as it was. */
  restore(bytes: Uint8Array): Promise<void>;
  /** safetensors under PyTorch names. */
  exportWeights(which: Who): Promise<Uint8Array>;
  images(split: 'train' | 'test', indices: number[]): Promise<Picture[]>;
  /** Changes live settings from the next step on. */
  adjust(patch: Partial<Settings> & Partial<MethodSettings>): Promise<void>;
  /** The loss with the present numbers in it. */
  formula(): Promise<string>;
  progress(): Promise<Progress>;
  /** Ends the worker and frees its memory. Calls under way reject with `disposed`. */
  dispose(): void;
  /**
   * For tests and lessons: breaks the engine. `trap`: a WebAssembly trap; `trap-later`: one outside any call;
   * `hang`: a loop without end (noticed after `timeLimit`); `close`: the worker ends; `lose-gpu`: the device goes.
   */
  simulateFailure(how: 'trap' | 'trap-later' | 'hang' | 'close' | 'lose-gpu'): Promise<never>;
  addEventListener<K extends keyof LabEventMap>(type: K, listener: (event: LabEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<K extends keyof LabEventMap>(type: K, listener: (event: LabEventMap[K]) => void, options?: boolean | EventListenerOptions): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;
}

/**
 * Opens an engine, prepares teacher, student and control, and starts loading images.
 * @throws LabError setting-unknown, setting-invalid, data-*, weights-*, gpu-unavailable, gpu-mismatch, worker-died
 */
export function createLab(options?: CreateOptions): Promise<Lab>;

/** What can be set and asked, without starting an experiment. Loads the CPU engine (which the next lab re-uses). */
export function describe(options?: { base?: string | URL }): Promise<Description>;
