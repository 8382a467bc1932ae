/** Options and reports of the probes. engine.d.ts hands them on; there is no probes.js. */

import type { Rate, Who } from './engine.js';

/**
 * Student against control on the same images, with the 95 % interval of their difference: Tango's score interval (1998) for yes and no,
 * the paired bootstrap's for other numbers.
 */
export interface Comparison {
  /** Images on which both have a value. */
  n: number;
  /** Means; null when n is 0. */
  student: number | null;
  control: number | null;
  /** Mean of student − control. */
  difference: number | null;
  /** Null with fewer than 2 images. */
  low: number | null;
  high: number | null;
  /** Of yes and no: images with a yes of the student alone, and of the control alone. With n they give the interval. */
  onlyStudent?: number;
  onlyControl?: number;
  /** What follows from the interval: above zero, around it, below it, none. */
  verdict: 'higher' | 'noDifference' | 'lower' | 'unknown';
}

/** A rank correlation (Spearman) with its 95 % interval. */
export interface Correlation {
  n: number;
  /** Null with fewer than 3 pairs or without variation. */
  rho: number | null;
  low: number | null;
  high: number | null;
}

/** Something of student and control. */
export interface Pair<T> {
  student: T;
  control: T;
}

export interface GradCamOptions {
  /** How many test images from the first on, or which; each once, here as in every probe. */
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
  /** Images on which cos(teacher, student) > cos(teacher, control), among those where both exist (others: `skipped`) and differ (others: `equal`). */
  closer: Rate & { skipped: number; equal: number };
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

export interface LayersOptions {
  /** Default 128, at least 32: they are compared in batches of 32. */
  images?: number | number[];
}

export interface LayersResult {
  probe: 'layers';
  step: number;
  seed: number;
  n: number;
  /** Rows of the matrices. */
  teacherTaps: string[];
  /** Columns. */
  studentTaps: string[];
  /** CKA of the teacher's and the student's features, about 0 to 1; null where features do not vary. */
  student: (number | null)[][];
  control: (number | null)[][];
  /** Mean over the taps of the same name; n counts batches. */
  diagonal: Comparison;
}

export interface RelevanceOptions {
  /** How many, as many of each class, or which. Default 256, at least 32. */
  images?: number | number[];
  /** Distances between labels: one-hot vectors (default) or the rows of the teacher's last layer. */
  labels?: 'one-hot' | 'classifier';
}

/** n of every comparison counts batches. */
export interface RelevanceResult {
  probe: 'relevance';
  step: number;
  seed: number;
  n: number;
  /** Images in a batch. */
  batch: number;
  /** Similarity to the teacher's features of the same tap, in [0, 1]. */
  layers: { tap: string; fss: Comparison }[];
  /** Relation of the teacher's pooled features to the labels. */
  teacher: number | null;
  /** The same of student and control. */
  relevance: Comparison;
  /** Of what the student has beyond the control (`student`), and the control beyond the student (`control`). */
  distilled: Comparison;
  /** The same with the teacher in the control's place. */
  againstTeacher: Comparison;
  /** Batches without a number for `distilled`, because one network explains the other. */
  undefined: number;
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
  /** The attacked network on the images that could be attacked: all but those whose items followed `nothing`. */
  success: Rate;
  /**
   * Images on which the attacked network is so sure of the label that its cross-entropy has no gradient at the first step; there the
   * attack follows something else (`followed` of the items).
   */
  withoutGradient: number;
  /** The attacked network: of the images that could be attacked, as in `success`. The others: of the images that fooled it. */
  fooling: Record<Who, Rate>;
  /** The same images with random sign noise of equal epsilon in place of the attack. */
  noise: Record<Who, Rate>;
  /**
   * Student against control on the images that fooled the attacked network. Null when the attacked network is one of the two:
   * it is fooled on all of these images by their choice, and they lie nearer to its boundary than to the other's.
   */
  comparison: Comparison | null;
  /** Under noise; null as above. */
  noiseComparison: Comparison | null;
  /** Of the images that fooled the attacked network and this one: how often both saw the same class. */
  sameWrongClass: Record<Who, Rate>;
  sweep: { epsilon: number; withoutGradient: number; fooling: Record<Who, Rate>; noise: Record<Who, Rate>; comparison: Comparison | null }[];
  items: {
    index: number;
    label: number;
    className: string;
    /** The attack changed the attacked network's prediction. False where it followed `nothing`: a random start alone is noise. */
    fooled: boolean;
    /** What the attacked network saw in the attacked image. */
    became: number;
    /**
     * Whose gradient the first step of the attack followed: that of the cross-entropy; where it has none, that of the largest other
     * logit less the label's; `nothing` where the logits do not depend on the pixels. Such an image cannot be attacked and counts
     * in no rate.
     */
    followed: 'crossEntropy' | 'logits' | 'nothing';
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
    /** Student against control: right on the changed images. A network that says the same to everything keeps every prediction. */
    accuracyComparison: Comparison;
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

export interface GroupsOptions {
  /** Default 500. */
  images?: number | number[];
  /** Planes through three images in every group. Default 0: none. */
  triplets?: number;
  /** Default 20. */
  resolution?: number;
}

/** The same test images in other domains or groups. Only the command line has them; here the probe is refused. */
export interface GroupsResult {
  probe: 'groups';
  step: number;
  seed: number;
  n: number;
  /** The usual domain or group first. */
  groups: {
    /** Name of its dataset, such as `digits-photo`. */
    group: string;
    label: string;
    accuracy: Record<Who, Rate>;
    /** Student against control: right, on the same images. */
    comparison: Comparison;
    consensus: Consensus;
    /** Gains are student − control in accuracy; `difference` is first − here. Null in the first group. */
    gain: {
      n: number;
      first: number | null;
      here: number | null;
      difference: number | null;
      low: number | null;
      high: number | null;
    } | null;
    /** Mean shares of student and control over the planes; null without planes. */
    boundary: Comparison | null;
  }[];
  /** `verdicts` in the order of the groups. */
  items: { index: number; label: number; className: string; verdicts: Verdicts[] }[];
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
