/** English. One section a module; the sections stand in the order of the page. */
import { makeFormat } from '../numbers.js';

const format = {
  and: 'and',
  or: 'or',
  countOf: (count, n) => `${count} of ${n}`,
  range: (low, high) => `${low} to ${high}`,
  points: (difference) => `${difference} points`,
  instant: 'less than a second',
  second: ['second', 'seconds'],
  minute: ['minute', 'minutes'],
  hours: 'hours',
};
const f = makeFormat('en', format);

const leftOut = (n) => (n === 0 ? 'None was left out.' : `${f.plural(n, 'image')} left out because a map was all zero.`);

export default {
  page: {},

  header: {},

  start: {},

  teach: {},

  curves: {},

  form: {},

  settings: {},

  seeds: {},

  timeline: {},

  lesson: {},

  presets: {},

  kept: {},

  recorded: {},

  boxes: {},

  messages: {},

  backend: {},

  data: {},

  experiment: {},

  keep: {},

  offline: {},

  embed: {},

  studied: {},

  print: {},

  terms: {},

  names: {},

  article: {},

  classes: {
    /** What a class of the site's data sets is called. */
    named: (name) => name,
  },

  format,

  dom: {
    who: { teacher: 'teacher', student: 'student', control: 'control' },
  },

  answers: {
    against: (a, b) => `${a} against ${b}`,
    lessThanOne: 'less than 1 %',
    untaught: 'Nothing has been taught yet: student and control are the same untrained network, so nothing can set them apart.',
    accuracy: {
      higher: (shares) => `The student is more accurate than its control: ${shares}.`,
      noDifference: (shares) => `No difference seen in accuracy between student and control: ${shares}.`,
      lower: (shares) => `The student is less accurate than its control: ${shares}. Distillation did not help here so far.`,
    },
    /** After the sentence on accuracy, which may have seen no difference. */
    agreement: {
      higher: (shares, noneBefore) => `${noneBefore ? 'But the student agrees' : 'It agrees'} with the teacher more often: ${shares}.`,
      noDifference: (shares, noneBefore) => `${noneBefore ? 'Nor is one seen' : 'No difference is seen'} in how often they agree with the teacher: ${shares}.`,
      lower: (shares, noneBefore) => `${noneBefore ? 'But the student agrees' : 'It agrees'} with the teacher less often: ${shares}.`,
    },
    teachingNote: (n, step) => `${n} test images, step ${step}. 95 % intervals in brackets; differences are of the same images.`,
    looking: {
      nothing: 'No image has maps that can be compared: on each, one of the maps is all zero.',
      more: (rate, n) => `The student looks where the teacher looks more than its control does: its map is closer to the teacher’s on ${rate} of ${f.plural(n, 'image')}; chance is 50 %.`,
      noDifference: (rate, n) => `No difference seen: the student’s map is closer to the teacher’s than the control’s is on ${rate} of ${f.plural(n, 'image')}; chance is 50 %.`,
      less: (rate, n) => `The student looks where the teacher looks less than its control does: its map is closer to the teacher’s on ${rate} of ${f.plural(n, 'image')}; chance is 50 %.`,
      note: (count, skipped) => `${count} images. ${leftOut(skipped)}`,
      leftOut,
    },
    fooling: {
      nothing: (source) => `The attack fooled the ${source} on no image, so there is nothing to pass on. A larger ε may.`,
      attacked: (n) => `${f.plural(n, 'image')} attacked.`,
      numbers: (shares, n, source) => `${shares} of the ${f.plural(n, 'image')} that fooled the ${source}`,
      higher: (source, a, b, numbers) => `What fools the ${source} fools the ${a} more often than the ${b}: ${numbers}.`,
      noDifference: (source, a, b, numbers) => `No difference seen in how often what fools the ${source} fools ${a} and ${b}: ${numbers}.`,
      lower: (source, a, b, numbers) => `What fools the ${source} fools the ${a} less often than the ${b}: ${numbers}.`,
      unknown: (source, a, b) => `Only one image fooled the ${source}: too few to compare ${a} and ${b}.`,
      noise: (shares) => `Noise of the same size: ${shares}.`,
      sameClass: (source, a, countA, b, countB) => `Of the images that fooled them too, they saw the very class that the ${source} saw on: ${a} ${countA}, ${b} ${countB}.`,
    },
    sweep: {
      nothing: (source) => `At none of these strengths the attack fooled the ${source}.`,
      higher: (a, b, strengths) => `the ${a} is fooled more often than the ${b} at ε = ${strengths}`,
      lower: (a, b, strengths) => `the ${a} is fooled less often than the ${b} at ε = ${strengths}`,
      noDifference: (a, b, strengths) => `no difference is seen at ε = ${strengths}`,
      unknown: (a, b, strengths) => `too few images were fooled at ε = ${strengths}`,
      note: 'Each strength is judged by its own 95 % interval of the paired difference.',
    },
    outline: {
      numbers: (student, control, points, n) => `${student} of its map against ${control}, ${points}, on ${f.plural(n, 'image')}`,
      higher: (numbers) => `The student’s map lies inside the object’s true outline more than the control’s: ${numbers}.`,
      noDifference: (numbers) => `No difference seen in how much of the map lies inside the object’s true outline: ${numbers}.`,
      lower: (numbers) => `The student’s map lies inside the object’s true outline less than the control’s: ${numbers}.`,
      unknown: () => 'Too few images have maps of both student and control to hold against the true outlines.',
      around: (chance, teacher) => `The object covers ${chance} of the image${teacher === null ? '' : ` and holds ${teacher} of the teacher’s map`}.`,
    },
    unicam: {
      same: (against) => `Student and ${against} are still the same network: taking what the one knows from the other leaves nothing, so both maps are empty.`,
      sameNote: (n, step) => `Less than a millionth is left, on ${f.plural(n, 'image')}, at step ${step}.`,
      left: (against, share) => `Of how student and ${against} tell the images apart ${share} cannot be explained by the other.`,
      relevance: (against, distilled, residual, n) => `What is left relates to the labels with ${distilled} in the student and ${residual} in the ${against}: one number each for ${f.plural(n, 'image')}, so no difference is claimed.`,
      numbers: (distilled, residual, points, n, chance) => `${distilled} against ${residual}, ${points}, on ${f.plural(n, 'image')}; the object covers ${chance}`,
      higher: (numbers) => `What was distilled lies inside the object’s true outline more than what was left behind: ${numbers}.`,
      noDifference: (numbers) => `No difference seen in how much of the two maps lies inside the object’s true outline: ${numbers}.`,
      lower: (numbers) => `What was distilled lies inside the object’s true outline less than what was left behind: ${numbers}.`,
      unknown: () => 'Too few images have both maps to hold them against the true outlines.',
      at: (place, share) => `mainly at ${place} (${share} of the map)`,
      nowhere: 'nowhere: the map is all zero',
      where: (against, distilled, residual) => `What the student has beyond the ${against} lies ${distilled}. What the ${against} has beyond the student lies ${residual}.`,
    },
    places: [
      ['the upper left', 'the top', 'the upper right'],
      ['the left', 'the centre', 'the right'],
      ['the lower left', 'the bottom', 'the lower right'],
    ],
    maps: {
      at: (place, share) => `mainly at ${place} (${share} of its map)`,
      nowhere: 'nowhere: its map is all zero',
      where: (teacher, student, control) => `The teacher looks ${teacher}, the student ${student}, the control ${control}.`,
      zero: {
        image: 'With an all-zero map there is no cosine, so this image is left out of the comparison.',
        picture: 'With an all-zero map there is no cosine, so this picture is left out of the comparison.',
      },
      cosines: (student, control) => `Cosine with the teacher’s map: student ${student}, control ${control}`,
      untaught: (cosines) => `${cosines}; both are the same untrained network.`,
      closer: {
        image: (cosines, who) => `${cosines}; on this image the ${who} is closer.`,
        picture: (cosines, who) => `${cosines}; on this picture the ${who} is closer.`,
      },
    },
  },

  answersIgnore: {
    unchanged: 'Nothing has been changed yet.',
    at: (strengths) => `at ${strengths}`,
    atAll: { every: 'at every strength', any: 'at any strength' },
    kept: {
      higher: (where) => `the student keeps its answers more often than the control ${where}`,
      lower: (where) => `the student keeps its answers less often than the control ${where}`,
      noDifference: (where) => `no difference between student and control is seen ${where}`,
      unknown: (where) => `too few images ${where}`,
    },
    agreed: {
      higher: (where) => `the student gives the teacher’s answer more often ${where}`,
      lower: (where) => `the student gives the teacher’s answer less often ${where}`,
      noDifference: (where) => `no difference is seen ${where}`,
      unknown: () => 'there are too few images',
    },
    strongest: (at, teacher, student, control, points) => `At ${at} the teacher keeps ${teacher}, the student ${student}, the control ${control}${points ? `; student − control ${points}` : ''}.`,
    answer: (named, kept, strongest, agreed) => `${named}: ${kept}. ${strongest} On the changed images, ${agreed}.`,
    note: (teacher, student, control, n) => `Right there: teacher ${teacher}, student ${student}, control ${control}. ${f.plural(n, 'image')}; each strength is judged by its own 95 % interval of the paired difference.`,
    noDomain: 'No other domain has been shown yet.',
    domains: {
      higher: (where) => `the student gives the teacher’s answer more often than the control on ${where}`,
      lower: (where) => `the student gives the teacher’s answer less often than the control on ${where}`,
      noDifference: (where) => `no difference between student and control is seen on ${where}`,
      unknown: (where) => `too few images of ${where}`,
    },
    allDomains: { every: 'every other kind of picture', any: 'any other kind of picture' },
    domainsNote: (usual, n) => `On the unchanged images they give it on ${usual}. ${f.plural(n, 'image')} in each domain; each is judged by its own 95 % interval.`,
    shape: {
      nothing: 'On no image did both student and control answer by the outline or by the inside, so there is nothing to compare.',
      images: (n) => `${f.plural(n, 'image')}.`,
      numbers: (shares, points, n) => `${shares} of the answers that follow either; ${points ? `${points} on the ` : ''}${f.plural(n, 'image')} on which both do`,
      higher: (numbers) => `Where outline and inside disagree the student goes by the outline more often than the control: ${numbers}.`,
      lower: (numbers) => `Where outline and inside disagree the student goes by the outline less often than the control: ${numbers}.`,
      noDifference: (numbers) => `No difference seen in how often student and control go by the outline: ${numbers}.`,
      unknown: (numbers) => `Too few images on which both answer by outline or inside: ${numbers}.`,
      teacher: (rate) => `The teacher: ${rate}.`,
      note: (n, texture) => `${n} images with patches. With foreign colours alone, which carry no class, the teacher names the lender’s class on ${texture}: by chance.`,
    },
  },

  answersSeeds: {
    one: 'One seed has no spread: an answer over seeds needs at least two.',
    interval: (points) => `: ${points}.`,
    constant: (points) => `, but every seed gave the same: ${points}, so there is no interval.`,
    accuracy: {
      higher: (numbers, n) => `Over ${f.plural(n, 'seed')} the student is more accurate than its control${numbers}`,
      none: (numbers, n) => `Over ${f.plural(n, 'seed')} no difference is seen in accuracy between student and control${numbers}`,
      lower: (numbers, n) => `Over ${f.plural(n, 'seed')} the student is less accurate than its control${numbers}`,
    },
    agreement: {
      higher: (numbers) => `The student agrees with the teacher more often${numbers}`,
      none: (numbers) => `In how often they agree with the teacher no difference is seen${numbers}`,
      lower: (numbers) => `The student agrees with the teacher less often${numbers}`,
    },
    note: (n) => `Mean of student − control with Student’s 95 % interval over ${f.plural(n, 'seed')}.`,
    few: 'With so few seeds the interval is wide, and “no difference seen” is not the same as none.',
  },

  answersWhy: {
    agreement: {
      higher: (numbers) => `The student gives the teacher’s answer more often than the control: ${numbers}.`,
      noDifference: (numbers) => `No difference seen in how often student and control give the teacher’s answer: ${numbers}.`,
      lower: (numbers) => `The student gives the teacher’s answer less often than the control: ${numbers}.`,
      unknown: () => 'Too few images to compare how often they give the teacher’s answer.',
    },
    distance: {
      higher: (student, control, gap) => `Its probabilities are farther from the teacher’s than the control’s are: ${student} against ${control} nats, ${gap}.`,
      noDifference: (student, control, gap) => `No difference seen in how far their probabilities are from the teacher’s: ${student} against ${control} nats, ${gap}.`,
      lower: (student, control, gap) => `Its probabilities are closer to the teacher’s than the control’s are: ${student} against ${control} nats, ${gap}.`,
      unknown: () => '',
    },
    alignment: {
      higher: (student, control, gap) => `It uses the pixels more as the teacher does: cosine ${student} against ${control}, ${gap}.`,
      noDifference: (student, control, gap) => `No difference seen in how much they use the pixels as the teacher does: cosine ${student} against ${control}, ${gap}.`,
      lower: (student, control, gap) => `It uses the pixels less as the teacher does: cosine ${student} against ${control}, ${gap}.`,
      unknown: () => '',
    },
    bounds: (n, studentLow, studentHigh, controlLow, controlHigh) => `${f.plural(n, 'image')}. Their accuracies alone would allow an agreement of ${studentLow} to ${studentHigh} (student) and ${controlLow} to ${controlHigh} (control).`,
    kappa: (student, control) => `Being right on the same images as the teacher, chance taken out (κ): ${student} against ${control}.`,
    foreign: (share) => `With a network that had no part in this the student agrees on ${share}.`,
    chance: (rate) => `Two controls of different seeds agree on ${rate}.`,
    calibration: (...three) => {
      const [teacher, student, control] = three.map(([sure, right, error]) => `says it is ${sure} sure and is right on ${right} (calibration error ${error})`);
      return `On the average the teacher ${teacher}; the student ${student}; the control ${control}.`;
    },
    apart: {
      higher: 'The student’s is higher beyond both intervals.',
      lower: 'The student’s is lower beyond both intervals.',
      noDifference: 'The two intervals overlap, so no difference between student and control is claimed.',
    },
    same: 'Student and control are still the same network.',
    factor: {
      numbers: (correlation, n) => `rank correlation ${correlation} over ${f.plural(n, 'image')}`,
      positive: (numbers) => `The surer the teacher is of the right class, the harder its soft targets push the student towards it: ${numbers}.`,
      none: (numbers) => `No link seen between how sure the teacher is of the right class and how hard its soft targets push the student: ${numbers}.`,
      negative: (numbers) => `The surer the teacher is of the right class, the less its soft targets push the student towards it: ${numbers}.`,
      unknown: 'Too few images, or too little variation, for a rank correlation.',
      control: (correlation) => `Were the control taught so now, it would be ${correlation}.`,
    },
    geometry: {
      numbers: (correlation, n) => `rank correlation ${correlation} over ${f.plural(n, 'pair')} of classes`,
      positive: (numbers) => `Classes that the teacher finds alike lie closer together in the student’s last layer: ${numbers}.`,
      none: (numbers) => `No link seen between the classes that the teacher finds alike and those that lie close in the student’s last layer: ${numbers}.`,
      negative: (numbers) => `Classes that the teacher finds alike lie farther apart in the student’s last layer: ${numbers}.`,
      unknown: 'Too few pairs of classes, or too little variation, for a rank correlation.',
      control: (correlation) => `Control: ${correlation}.`,
    },
    projector: {
      rank: (count, shape, rank, before) => `Of the ${count} directions of this ${shape} map about ${rank} count${before ? `; at step ${before.step} it was ${before.rank}` : ''}.`,
      noRest: 'The features do not vary, so it has no point of rest.',
      rest: (residual, before) => `Its distance from rest is ${residual}${before === null ? '' : ` (${before} before)`}: 0 would be where the plain squared distance stops pulling.`,
      note: (n, step) => `${f.plural(n, 'image')}, step ${step}. There is one projector, so nothing is compared.`,
    },
    boundary: {
      numbers: (student, control, points) => `${student} of the points against ${control}${points ? `, ${points}` : ''}`,
      higher: (numbers) => `The student’s map of classes is the teacher’s on more points than the control’s is: ${numbers}.`,
      noDifference: (numbers) => `No difference seen in how much the maps of student and control are the teacher’s: ${numbers}.`,
      lower: (numbers) => `The student’s map of classes is the teacher’s on fewer points than the control’s is: ${numbers}.`,
      few: (numbers) => `Too few planes to tell a difference from chance. On these the student’s map is the teacher’s on ${numbers} for the control.`,
      unknown: (numbers) => `One plane alone gives no interval. On it the student’s map is the teacher’s on ${numbers} for the control.`,
      note: (n, points, enough) => `The mean of ${f.plural(n, 'plane')}, ${points} points each; the interval is over planes, and a difference is claimed from ${enough} planes on.`,
    },
    layers: {
      numbers: (student, control, gap) => `mean CKA of layers in the same place ${student} against ${control}${gap ? `, ${gap}` : ''}`,
      higher: (numbers) => `Layer by layer the student’s features are more like the teacher’s than the control’s are: ${numbers}.`,
      noDifference: (numbers) => `No difference seen in how much the features of student and control are like the teacher’s, layer by layer: ${numbers}.`,
      lower: (numbers) => `Layer by layer the student’s features are less like the teacher’s than the control’s are: ${numbers}.`,
      few: (numbers) => `Too few batches to tell a difference from chance: ${numbers}.`,
      unknown: (numbers) => `One batch alone gives no interval: ${numbers}.`,
      nothing: 'In no batch do the features of all layers vary, so there is nothing to compare.',
      note: (student, control, least, n, batches, enough) => `Layers of the teacher that are most like the one in the same place: ${student} with the student, ${control} with the control, where anything is alike (CKA of ${least} or more). ${f.plural(n, 'image')} in batches of 32; the interval is over ${f.plural(batches, 'batch', 'batches')}, and a difference is claimed from ${enough} on.`,
    },
    atTaps: (taps) => `at ${taps}`,
    atAllTaps: { every: 'at every tap', any: 'at any tap' },
    likeness: {
      higher: (where) => `the student’s features are more like the teacher’s than the control’s are ${where}`,
      lower: (where) => `the student’s features are less like the teacher’s than the control’s are ${where}`,
      noDifference: (where) => `no difference in likeness is seen ${where}`,
      few: (where) => `too few batches to tell a difference in likeness from chance ${where}`,
      unknown: (where) => `too few batches to compare the features ${where}`,
    },
    relation: {
      numbers: (student, control, gap) => `${student} against ${control}${gap ? `, ${gap}` : ''}`,
      higher: (numbers) => `What the student has beyond the control relates to the labels more than what the control has beyond the student: ${numbers}.`,
      noDifference: (numbers) => `No difference seen in how what each of student and control has beyond the other relates to the labels: ${numbers}.`,
      lower: (numbers) => `What the student has beyond the control relates to the labels less than what the control has beyond the student: ${numbers}.`,
      few: (numbers) => `What the student has beyond the control relates to the labels with ${numbers} for what the control has beyond the student: too few batches to tell that from chance.`,
      unknown: () => 'In too few batches is anything left that one of student and control has beyond the other.',
      note: (n, batches, batch, enough) => `${f.plural(n, 'image')} in ${f.plural(batches, 'batch', 'batches')} of ${batch}; every interval is over batches, and a difference is claimed from ${enough} on.`,
      without: (n) => `${f.plural(n, 'batch', 'batches')} without a number, because one network explains the other.`,
    },
  },

  ask: {
    images: 'Test images',
    first: (n) => `the first ${n}`,
    progress: (verb) => `${verb}: progress`,
    stop: 'Stop',
    stopping: 'Stopping.',
    done: (done, total, left) => `${done} of ${total}${left === null ? '' : `, about ${left} left`}.`,
    computing: 'Computing.',
    computingBetween: 'Computing (between two training steps).',
    notYet: 'Not computed yet.',
    computed: (asOf) => `Computed ${asOf}.`,
  },

  many: {
    images: 'Test images',
    first: (n) => `the first ${n}`,
    progress: (verb) => `${verb}: progress`,
    stop: 'Stop',
    all: (n) => `${n} images.`,
    done: (done, total, left) => `${done} of ${total} images, about ${left} left.`,
    stopped: (n) => `Stopped after ${n} images.`,
    answered: (n, asOf) => `${n} images, ${asOf}.`,
  },

  panel: {
    again: 'Compute again',
    computing: 'Computing.',
    computingBetween: 'Computing (between two training steps).',
    waiting: 'Waiting for the first test images.',
    computed: (asOf, subject) => (subject ? `${subject}: computed ${asOf}.` : `Computed ${asOf}.`),
  },

  asOf: {
    at: (step) => `at step ${step}`,
    before: (step) => `at step ${step}; the run has gone on since`,
    asOf: (moment) => `as of ${moment}`,
    elsewhere: (step, moment) => `at step ${step}; the timeline now stands at ${moment}`,
    moment: (step, epoch) => `step ${step}, epoch ${epoch}`,
  },

  strip: {
    legend: 'Choose a test image',
    previous: 'Previous images',
    next: 'Next images',
    range: (first, last) => `Test images ${first} to ${last}.`,
    image: (name, index) => `${name}, test image ${index}`,
  },

  bars: {
    class: 'Class',
    label: 'label',
    right: 'right',
    wrong: (label) => `wrong, it is ${label}`,
  },

  look: {
    verb: 'Compare the maps',
    answersLabel: 'What the three networks answer',
    outlinesLabel: 'Maps against the true outlines',
    way: (tap, step, seed) => `Tap ${tap}, class of the label, step ${step}, seed ${seed}.`,
    invitation: 'Here the maps of teacher, student and control appear for any test image, as soon as the networks are loaded. They may be looked at before, during and after the training.',
    answers: 'What they answer',
    many: 'On many images',
    image: 'Test image',
    imageNumber: (index) => `Test image ${index}`,
    imageOf: (index, name) => `Test image ${index}: ${name}`,
    label: 'Label:',
    pixels: '32 × 32 pixels',
    none: 'The answer stands here once the maps have been compared.',
    tap: 'Tap',
    evidence: { legend: 'Evidence for', label: 'the label', own: 'its own answer' },
    show: { legend: 'Show', for: 'evidence for it', both: 'for and against' },
    scale: { legend: 'Scale', own: 'its own', shared: 'shared' },
    cells: { legend: 'Cells', plain: 'as they are', smoothed: 'smoothed' },
    temperature: 'Temperature of this display',
    asTrained: 'As in training',
    legend: { none: 'no evidence', most: 'most evidence', against: 'against', for: 'for' },
    outlined: {
      own: (grid) => `outlined: at least half of the largest; ${grid} cells`,
      shared: (grid) => `outlined: at least half of the largest of the three; ${grid} cells`,
    },
    place: (place, share) => `mainly ${place}, ${share}`,
    zero: 'the map is all zero',
    nothing: (name) => `Nothing speaks for “${name}”: the map is all zero. “For and against” shows what there is.`,
    largest: (place, value) => `${place}; largest value ${value}`,
    bars: (temperature) => `Probabilities at temperature ${temperature}; ✓ marks the label`,
    outlineCaption: (chance) => `Maps against the objects’ true outlines, which cover ${chance} of the images: the share that a map without any idea would reach`,
    inside: 'Map inside',
    insideNote: (points, n) => `${points ? `S − C: ${points}` : 'no interval'}, ${n} images`,
    highest: 'Highest point inside',
    pointing: 'pointing game',
  },

  unicam: {
    title: 'What was distilled, what was left behind?',
    about: 'Grad-CAM asks each network alone. UniCAM asks what one has that the other has not: everything is taken out of the student’s features that the control’s explain, and what remains is drawn where it lies. The other way round it shows what the student gave up.',
    verb: 'Take the one from the other',
    numbers: 'What is left of each',
    tap: 'Feature maps',
    against: 'Student against',
    way: (tap, step, seed) => `Tap ${tap}, step ${step}, seed ${seed}.`,
    image: 'Test image',
    imageNumber: (index) => `Test image ${index}`,
    imageOf: (index, name) => `Test image ${index}: ${name}`,
    label: (name) => `Label: ${name}`,
    distilled: 'Distilled',
    residual: 'Left behind',
    none: 'The answer stands here once the button above has been pressed.',
    least: 'nothing',
    most: 'most',
    outlined: (distilled, residual) => `outlined: at least half of the largest; each map by its own largest value; ${distilled} and ${residual} cells`,
    alt: { distilled: 'Distilled: what the student has beyond', residual: 'Left behind: beyond the student' },
    zero: (title) => `${title}: the map is all zero`,
    nothingLeft: 'Nothing is left: the map is all zero.',
    nothingHere: 'Nothing here speaks for it: the map is all zero.',
    has: {
      distilled: (against) => `What the student has and the ${against} has not.`,
      residual: (against) => `What the ${against} has and the student has not.`,
    },
    inside: (share) => `${share} of this map lies inside the true outline.`,
    rows: {
      left: 'Left when the other is taken out (the same from both sides)',
      relation: 'Relation to the labels',
      inside: (chance, n) => `Inside the true outline (chance ${chance}, ${n} images)`,
    },
    caption: (n) => `On ${n} images together`,
    columns: { distilled: 'distilled', residual: 'left behind' },
    measured: {
      title: 'How UniCAM is measured',
      what: 'Take the distances between the images in the features of both networks, centre them, and take out of the one matrix what the other explains. What is left, P, is held against the distances between the labels, and the gradient of that score at the feature maps weighs their channels as in Grad-CAM (UniCAM, Adhane et al. 2025, WACV; distance correlation: Székely & Rizzo 2014). Labels are one-hot vectors here; the paper embeds the names of the classes.',
      left: 'What is left is ⟨P,P⟩/⟨A,A⟩, which is the same from both sides; where it lies and how it relates to the labels is not. A map depends on the batch that the image was seen with: 64 images, as many of each class, with the chosen one among them. Energy is the share of a map’s sum inside the object’s outline, known only for Shapes-32; the comparison is paired on the same images, 95 % bootstrap interval.',
    },
  },

  own: {},

  ownPicture: {},

  ownFolder: {},

  fool: {},

  sweep: {},

  invariance: {},

  domains: {},

  shape: {},

  fidelity: {},

  rescaling: {},

  boundary: {},

  layers: {},

  relevance: {},

  projector: {},

  squares: {
    correlations: 'correlations of its probabilities',
    cosines: 'cosines in its last layer',
    empty: (who) => `${who}: not computed yet`,
    label: (who, what, k) => `${who}: ${what}, ${k} × ${k} classes; the table below has the numbers`,
    colours: (limit) => `Orange is alike, purple the opposite, up to ±${limit}; outlined: at least half of that.`,
    constant: 'Empty: a class that never varies.',
  },

  regions: {
    share: (share) => `As the teacher at ${share} of the points.`,
    teacher: 'Its borders are the dashed lines in the other two.',
    part: (name, share) => `${name} on ${share}`,
    label: (who, parts) => `${who}: ${parts.join(', ')} of the plane`,
    empty: (who) => `Plane of the ${who}: not computed yet`,
  },

  ranges: {},

  examples: {
    view: (label, number) => `${label}, view ${number}`,
  },

  changed: {
    on: 'on',
    off: 'off',
    none: 'none',
    fromQuestion: (n, question) => `${n} changed from the question «${question}»`,
    fromDefaults: (n) => `${n} changed from the defaults`,
    inPlace: (label, value, usual) => `${label}: ${value}, in place of ${usual}`,
    backToQuestion: 'Back to the settings of the question',
    backToDefaults: 'Back to the defaults',
  },

  choices: {
    table: 'As a table',
    tableOf: (name) => `${name} as a table`,
  },

  figures: {},

  plot: {},

  draw: {},

  take: {},

  results: {},

  script: {},
};
