/**
 * kd-lens from JavaScript. The page itself uses nothing else.
 *
 * Numbers: rates lie in [0, 1]; `epsilon` and `stepSize` are in 1/255 of the pixel range; a `grid` is [rows, columns];
 * maps are row by row; pixels are 8-bit RGB, row by row, unless said otherwise.
 */

import type {
  AdversarialOptions, AdversarialResult, Comparison, FidelityOptions, FidelityResult, GradCamOptions, GradCamResult, ProjectorOptions, ProjectorResult,
  RescalingOptions, RescalingResult, UnicamOptions, UnicamResult,
  BoundaryOptions,
  BoundaryResult,
  DomainsOptions,
  DomainsResult,
  InvarianceOptions,
  InvarianceResult,
  LayersOptions,
  LayersResult,
  RelevanceOptions,
  RelevanceResult,
  ShapeTextureOptions,
  ShapeTextureResult,
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
  /** Planned passes over the training images. Default 15. */
  epochs: number;
  /** Fixes initial weights, order of images and augmentation. Default 0. */
  seed: number;
  /** Default 5000. */
  trainImages: number;
  /** Default 1000. */
  testImages: number;
  /** Random crops and flips. Default true. */
  augment: boolean;
  /** With `augment`: fixed augmented copies of each image, which take turns; 0 (default) draws a new one every time. */
  copies: number;
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
  [option: string]: unknown;
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
  /** Names of your own classes, as many as the data set has, in the order of their numbers. Results speak of them. */
  classNames?: string[];
  /**
   * False: the lab is for looking at networks ({@link Lab.lookBack}). Training images are not loaded, test images when
   * something asks for them, and `step` rejects with `data-missing`. Default true.
   */
  training?: boolean;
  /** Root of the kd-lens site (holds js/, engine/, models/, data/). Default: the one this module lies in. */
  base?: string | URL;
  /** CPU workers. With 2 student and control are trained at the same time, with the same results. Default: 2 from two processors on; chains and WebGPU always have 1. */
  workers?: 1 | 2;
  /**
   * Whether the CPU engine may use fused multiply-adds where the browser has them (default true). They are faster and round once
   * instead of twice, as each processor does it; without them a run is the same to the last bit on every machine.
   */
  relaxedSimd?: boolean;
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
  /** The same as the name and the values of a sentence of `sentences.js`, for pages in other languages. */
  says: any[];
  /** Bytes, in the phases `engine` and `data`. `total` is 0 when it is not known. */
  loaded?: number;
  total?: number;
}

/** Which engine runs and why. */
export interface BackendReport {
  backend: 'cpu' | 'gpu';
  /** A sentence. */
  reason: string;
  /** The same as the name and the values of a sentence of `sentences.js`. */
  says: any[];
  adapter: string;
  /** Which build of the engine runs. */
  build: 'cpu' | 'cpu-relaxed' | 'gpu';
  /** Workers that train. */
  workers: 1 | 2;
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
  /** Whose knowledge it brings to the student; absent in runs that were recorded before this was told. */
  role?: 'labels' | 'teacher';
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
  /** Student against control, paired by image: right or wrong; whether the teacher's class is predicted. */
  comparison: { accuracy: Comparison; agreement: Comparison };
}

/** The planned epochs are over; further steps go on at the final learning rate. */
export interface FinishedEvent {
  type: 'finished';
  step: number;
}

export type LabEvent = ProgressEvent | EvaluationEvent | GraduationEvent | FinishedEvent;

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

export interface MetricDescription {
  /** Name for `Lab.metric` and `kd-lens metric`. */
  metric: string;
  label: string;
  formula: string;
  source: string;
  provenance: 'read' | 'derived' | 'recalled';
  /** Lowest and highest value; null where there is none. */
  range: [number | null, number | null];
  explanation: string;
  /** Tensors that it reads, by name. */
  reads: { name: string; shape: string; meaning: string; needed: boolean }[];
  options: { name: string; type: string; default: unknown; [key: string]: unknown }[];
}

/** What a metric found; some have further numbers of their own. */
export interface MetricResult {
  metric: string;
  /** Null where it is not defined; `note` then says why. */
  value: number | null;
  note: string | null;
  /** Images that it is of. */
  n: number;
  /** Where the metric has one: its 95 % interval, or null with the reason in `intervalNote`. */
  interval?: { low: number; high: number; level: number; method: string; [key: string]: unknown } | null;
  intervalNote?: string | null;
  /** Names of the tensors that were read. */
  read: string[];
  options: Record<string, unknown>;
  [key: string]: unknown;
}

export interface Description {
  version: string;
  settings: SettingDescription[];
  methods: MethodDescription[];
  architectures: { name: string; label: string; parameters: number; taps: string[] }[];
  datasets: { name: string; label: string; classes: string[] }[];
  probes: { name: string; help: string }[];
  metrics: MetricDescription[];
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
  | 'not-finite' // what a network says of images is not finite numbers: its weights are damaged or too large, or its training diverged
  | 'gpu-unavailable' // backend 'gpu' was asked for and cannot be had
  | 'gpu-mismatch' // backend 'gpu' was asked for and fails the comparison with the CPU
  | 'gpu-lost' // the device was lost during this call; the lab recovers
  | 'too-large' // the device cannot hold a tensor, or cannot hand it to a kernel: a smaller batch fits
  | 'engine-unavailable' // the engine's files could not be loaded
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
  recovered: CustomEvent<{ step: number; backend: 'cpu' | 'gpu'; message: string; says: any[] }>;
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
  probe(name: 'layers', options?: LayersOptions): Promise<LayersResult>;
  probe(name: 'relevance', options?: RelevanceOptions): Promise<RelevanceResult>;
  /** @throws probe-invalid where the run has no linear projector. */
  probe(name: 'projector', options?: ProjectorOptions): Promise<ProjectorResult>;
  /** Any other probe of `describe().probes`: its report as `kd-lens probe NAME` prints it. */
  probe(name: string, options?: Record<string, unknown>): Promise<Record<string, any>>;
  /**
   * What the three networks answer to pictures of your own and where they look. `pixels`: 32 × 32 × 3 bytes a picture, row by
   * row, R G B, as {@link Lab.images} gives them; 1 to 256 pictures. `class`: number of the class whose score is explained;
   * without it each network's own answer. `label` and `className` of the result say nothing here: a picture has none.
   * @throws data-truncated (no whole pictures), probe-invalid
   */
  explain(pixels: Uint8Array, options?: { tap?: string; class?: number }): Promise<GradCamResult>;
  /**
   * Student against control on pairs of values of the same images (yes and no are 1 and 0), with the interval that a probe
   * of this run would give: for results that were gathered in parts.
   */
  compare(pairs: [number, number][]): Promise<Comparison>;
  /**
   * A metric of `describe().metrics` of tensors of your own, given as a safetensors file: the numbers that
   * `kd-lens metric` prints. The run is not touched by it.
   * @throws setting-invalid (no such metric, or an option out of range), setting-unknown, weights-unreadable, tensors-invalid
   */
  metric(name: string, tensors: Uint8Array, options?: Record<string, unknown>): Promise<MetricResult>;
  /**
   * Gives probes a further network as safetensors: `foreign` (any known architecture; neither taught nor learned here) or
   * `twin` (the student's architecture, trained without a teacher from another seed).
   * @throws weights-unreadable, weights-mismatch
   */
  bring(role: 'foreign' | 'twin', weights: Uint8Array): Promise<void>;
  /**
   * The weights of student and control as they are now, in 16 bits, as a safetensors file to look back at later. It cannot
   * be trained on; that is what {@link checkpoint} is for.
   */
  snapshot(): Promise<Uint8Array>;
  /**
   * Shows probes the networks of a snapshot of a run with the same settings and teacher; `null` (default): those of now.
   * Nothing else changes: training, evaluations, checkpoints and exported weights are those of the present.
   * @throws checkpoint-unreadable, checkpoint-mismatch; probes then see what they saw before.
   */
  lookBack(snapshot?: Uint8Array | null): Promise<void>;
  /** The step of the snapshot that probes are shown, or null: the present. */
  readonly lookingAt: number | null;
  /**
   * Everything that is needed to go on later with the same settings. With `keep: false` it is not the one to which the lab
   * goes back by itself after a failure: a training that is about to diverge may stand a few steps behind it.
   */
  checkpoint(options?: { keep?: boolean }): Promise<Uint8Array>;
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

/** Values of several seeds together. */
export interface Spread {
  n: number;
  mean: number | null;
  /** Standard deviation (n − 1); null for fewer than two values. */
  sd: number | null;
  /** Student's 95 % interval of the mean; null for fewer than two values, or without spread between them. */
  low: number | null;
  high: number | null;
}

/** Mean of some values, such as a number from each of several seeds, with its interval. */
export function spread(values: number[], options?: { base?: string | URL }): Promise<Spread>;
