/** English. One section a module; the sections stand in the order of the page. */
import { ENGINE, SETTINGS } from '../sentences.js';

export default {
  page: {},

  header: {
    languages: 'Other languages',
  },

  start: {},

  teach: {},

  curves: {},

  form: {},

  settings: SETTINGS,

  seeds: {},

  timeline: {},

  lesson: {},

  presets: {},

  kept: {},

  recorded: {},

  boxes: {},

  messages: {},

  backend: ENGINE,

  data: {},

  experiment: {},

  keep: {},

  offline: {},

  embed: {
    title: 'kd-lens: knowledge distillation to try',
    loading: 'kd-lens is being loaded.',
    whole: 'The whole page with these settings',
    newTab: ' (opens in a new tab)',
    credit: 'kd-lens trains these networks on your own machine. ',
    noArticle: (status) => `The article could not be loaded: the server answered ${status}.`,
    noSheet: (href) => `The style sheet ${href} could not be loaded.`,
    quoted: (name) => `“${name}”`,
    cannotBe: (name, text, usual, choices) => `“${name}” cannot be “${text}”; it is ${usual}. It may be: ${choices}.`,
    strange: (name, entries, known) => `“${name}” names ${entries}, which does not exist; it was passed over. There are: ${known}.`,
    source: 'The page around',
  },

  studied: {},

  print: {},

  terms: {},

  names: {},

  article: {
    title: 'What does a student network learn from its teacher? · kd-lens',
    description: 'Distil a small network from a large one in your browser, beside a control that never meets the teacher, and see where the three look, what fools them and what they ignore.',
    skip: 'Skip to the experiment',
    openingTitle: 'What does a student network learn from its teacher?',
    lede: 'A large trained network, the <strong>teacher</strong>, can train a small one, the <strong>student</strong>, by showing it more than the right answer: how sure it is of every wrong one. This is called <em>knowledge distillation</em>. On this page you do it yourself, beside a twin of the student that never meets the teacher, and then ask the three networks what the teaching changed.',
    schemeLabel: 'One batch of images goes to teacher, student and control. The student’s loss compares its output with the labels and with the teacher’s soft targets. The control’s loss compares its output with the labels alone.',
    schemeImages: 'the same images',
    schemeTeacher: 'teacher',
    schemeStudent: 'student',
    schemeControl: 'control',
    schemeSoft: 'soft targets',
    schemeStudentLoss: 'student’s loss',
    schemeControlLoss: 'control’s loss',
    schemeLabels: 'labels',
    schemeCaption: 'Student and control are the same small network with the same first weights, and they see the same images in the same order. Only the student also sees the teacher’s <em>soft targets</em>. So whatever sets them apart in the end was the teacher’s doing or chance, and every answer says how far chance may reach.',
    noScript: 'This page trains networks, so it needs JavaScript. The article can be read without it.',
    teachTitle: '<span class="number">1</span> Teach',
    teachIntro: 'Many ways of teaching can be chosen below; the oldest comes first. There the student is trained on a weighted sum of two losses. The <a class="term" id="use-cross-entropy" href="#term-cross-entropy">cross-entropy</a> CE asks it to be right about the label y. The <a class="term" id="use-divergence" href="#term-divergence">Kullback–Leibler divergence</a> KL asks it to be unsure in the same way as the teacher: both networks’ outputs, the <a class="term" id="use-logits" href="#term-logits">logits</a> s and t, are divided by a <a class="term" id="use-temperature" href="#term-temperature">temperature</a> T before they become probabilities, so that the small ones can be seen. The weight α says how much the teacher counts.',
    seedsTitle: 'How much of this is chance?',
    seedsIntro: 'One run is one <em>seed</em>: one set of first weights, one order of images. Another seed gives other numbers. Here the same settings are run with several seeds, one after the other, and the difference between student and control is held against how much it varies from seed to seed.',
    measured: 'How this is measured',
    seedsMeasured: '<strong>Accuracy</strong> is the share of test images whose largest logit is the label’s. <strong>Agreement</strong> is the share on which a network predicts the same class as the teacher, right or wrong. Behind every share stand its count and a Wilson 95 % <a class="term" id="use-interval" href="#term-interval">interval</a>. Where two such intervals do not overlap the page claims a difference, otherwise it says «no difference seen»; that is a careful rule, as both networks are asked about the same images. One run is one <a class="term" id="use-seed" href="#term-seed">seed</a>: another seed gives other numbers. Over several seeds each gives one difference student − control; beside their mean stands Student’s 95 % interval with n − 1 degrees of freedom, as in the studies of the repository.',
    seedsMeasured2: 'The first method’s loss is that of Hinton, Vinyals &amp; Dean 2015; the sources of the others stand under their names in the settings. The factor T² keeps the gradient of the soft part as large as that of the hard part when T changes. The control is trained on CE alone, with weight 1.',
    lookTitle: '<span class="number">2</span> Where do they look?',
    lookIntro: 'Grad-CAM asks of a network: which places of the image raised the score of this class? If the student has learnt more than answers from its teacher, its maps should be more like the teacher’s than the control’s are.',
    lookMeasured: 'With A the feature maps at the chosen <a class="term" id="use-tap" href="#term-tap">tap</a> and z the score of the class, the weight of channel c is w<sub>c</sub> = mean over places of ∂z/∂A<sub>c</sub>, and the map is ReLU(Σ<sub>c</sub> w<sub>c</sub>·A<sub>c</sub>) (Selvaraju et al. 2017). A map has the size of its tap: f3 of a CIFAR ResNet is 8 × 8, so one cell stands for 4 × 4 pixels, and more; nothing finer is known. Two maps are compared by the <a class="term" id="use-cosine" href="#term-cosine">cosine</a> of their cells, which does not depend on their scale.',
    lookMeasured2: 'Over many images: the share on which cos(T, S) &gt; cos(T, C), for the class of the label, as in Ojha et al. 2023, §4.1. Images on which a map is all zero have no cosine and are counted as left out. If the teacher changed nothing the share would be near 50 %.',
    lookMeasured3: 'On Shapes-32 the true outline of each object is known. A map, enlarged to 32 × 32, is held against it twice: which share of its sum lies inside, and does its highest point (the <em>pointing game</em>, Zhang et al. 2018)? A map without any idea would have inside what the object covers. Student and control are compared on the same images, with the 95 % interval of the paired <a class="term" id="use-bootstrap" href="#term-bootstrap">bootstrap</a> (Efron 1979).',
    ownTitle: 'And a picture of your own?',
    ownIntro: 'Show them anything: they see it as they see their test images, and every one of them must answer with a class that it knows.',
    foolTitle: '<span class="number">3</span> What fools them?',
    foolIntro: 'A change too small to matter to you can change a network’s mind, if it is aimed. Here it is aimed at the <em>teacher</em> alone, unless you choose another. If the student inherited the teacher’s weak spots, the same image should fool it more often than the control, which never met the teacher. Random noise of equal size shows how much of that is just noise.',
    foolMeasured: 'The attack is I-FGSM (Kurakin et al. 2017): five steps of ε/4 along the sign of the <a class="term" id="use-gradient" href="#term-gradient">gradient</a> of the attacked network’s cross-entropy, brought back after each to ±ε around the image and to [0, 1]. PGD (Madry et al. 2018) is the same from a random start. With L2 the step follows the gradient itself and ε is the root mean square of the change, so that one ε is one amount of noise. ε is in units of 1/255, one step of an 8-bit pixel; the networks normalise inside, so it means the same for each.',
    foolMeasured2: '<em>Fooled</em> means that a network’s prediction differs from its own prediction on the clean image. The other two are asked only about the images that fooled the attacked one, as in Ojha et al. 2023, §4.2. The noise is ±ε at random for every pixel and channel, on the same images. Their difference is that of the same images, with the 95 % interval of the paired bootstrap (Efron 1979, 2,000 resamples); it is claimed where that interval excludes zero.',
    ignoreTitle: '<span class="number">4</span> What do they ignore?',
    ignoreIntro: 'A network that has learnt that colour does not matter gives the same answer when the colours change. Such <em>invariances</em> stand in no label. If the student has them from its teacher, it should keep its answers where the teacher keeps its own, and side with the teacher on pictures of a kind that neither was shown.',
    invarianceTitle: 'Which changes leave their answers as they were?',
    invarianceIntro: 'The same images are changed more and more. How often does each network still answer what it answered before? To keep an answer is not yet a merit, as a network that says the same to everything keeps them all. So it stands beside how often the answers are right.',
    invarianceMeasured: '<em>Kept</em> is the share of images whose predicted class is the same before and after. For crops and shifts two changed views of an image are compared with each other, as in Ojha et al. 2023, §4.3. A change is drawn anew for every image, and is the same for the three networks and, up to its size, at every strength.',
    invarianceMeasured2: '<em>Same answer as the teacher</em> is asked on the changed images alone, right or wrong. Bars and whiskers are Wilson’s 95 % intervals. Student and control are compared on the same images, with the 95 % interval of the paired bootstrap. With twenty comparisons about one will exclude zero by chance alone.',
    domainsTitle: 'Do they agree where neither was taught?',
    domainsIntro: 'No network here has been trained on silhouettes or on edges, so no label says what to answer. If the student gives the teacher’s answer even there, right or wrong, it has taken over more than the task.',
    domainsMeasured: 'Agreement is the share of images of a domain with the same predicted class as the teacher’s: the consensus score of Ojha et al. 2023, §4.4. Their domains are those of Geirhos et al. 2019; here they are made from the test images. A stylised image keeps its phase and gets the amplitudes of an image of another class, which is no neural style transfer. Two networks that answer the same to everything agree as well: the table of right answers shows whether that is so.',
    shapeTitle: 'By shape or by texture?',
    shapeIntro: 'Where the outline says one class and what fills it says another, a network must choose. Does the student choose as its teacher does?',
    whyTitle: '<span class="number">5</span> Why?',
    whyIntro: 'Six ways to look behind the answers: how faithfully the student repeats its teacher, what the soft targets made of each image and each pair of classes, where the borders between classes run, which layers are alike, whether what was distilled is of use, and what the map between the two networks’ features has kept.',
    fidelityTitle: 'Does the student repeat its teacher?',
    fidelityIntro: 'To <em>agree</em> is more than to be as accurate. Here student and control are held against the teacher: do they give the same answers, with the same probabilities, from the same pixels? And does each network know how often it is right?',
    fidelityMeasured: 'Agreement is the share of images with the same predicted class; the divergence is KL(p<sub>T</sub> ‖ p) at temperature 1, in nats (fidelity: Stanton et al. 2021). Two accuracies a and b alone allow an agreement between max(0, a + b − 1) and 1 − |a − b|. κ is Cohen’s: agreement on being right beyond what the two accuracies give by chance (Geirhos et al. 2020). <em>Input gradients</em> are those of the label’s cross-entropy at the pixels; their cosine with the teacher’s is a measure of ours.',
    fidelityMeasured2: 'The diagram sorts the images by the highest probability into 15 equal bins. A mark on the diagonal knows what it knows; its area is the number of images, its line the error. The expected calibration error is the mean length of these lines, weighted by images (Guo et al. 2017). Differences are paired on the same images, with 95 % bootstrap intervals.',
    rescalingTitle: 'What do soft targets change?',
    rescalingIntro: 'Against plain labels, soft targets push harder on some images than on others, and they tell which wrong classes are <em>less</em> wrong. Both can be seen: a factor for each image, and a square of all pairs of classes.',
    rescalingMeasured: 'With q the network’s and p the teacher’s probability of the right class y, and ᵀ for those at temperature T, the gradient at y is that of plain labels times w = (1 − α) + α·T·(pᵀ<sub>y</sub> − qᵀ<sub>y</sub>)/(1 − q<sub>y</sub>) (derived from Tang et al. 2020, Proposition 1, with the factor T²). Below zero the soft targets pull the network back. The correlation is Spearman’s, its 95 % interval that of Bonett &amp; Wright 2000.',
    rescalingMeasured2: 'The variants of targets: label smoothing with ε = 0.1; only the teacher’s probability of the right class, the rest shared evenly; only its likeliest quarter of the classes, scaled to 1 (Tang et al. 2020). The squares: correlations between classes of the teacher’s probabilities at T over the images (§4.2 there), and cosines between the rows of the last layers; their rank correlation is over pairs of different classes. These pairs share classes and are not independent, so that its interval is too narrow rather than too wide.',
    boundaryTitle: 'Where do they draw the line?',
    boundaryIntro: 'Three test images of different classes span a plane of blends between them. Coloured by what each network says, it becomes a map of its classes. Does the student’s map look like its teacher’s?',
    boundaryMeasured: 'The plane goes through the three images and reaches a tenth of their extent beyond them (Somepalli et al. 2022). Points of it are blends of pixels, most of which look like no photograph, and some leave the range of pixels. The score of a plane is the share of its points on which a network predicts what the teacher predicts (Ojha et al. 2023, §6). Neighbouring points are not independent, so only the planes are resampled for the interval, 95 %, paired. The picture stretches both axes to fill its box.',
    layersTitle: 'Which layers are alike?',
    layersIntro: 'Two networks may agree in the end and still see differently on the way. Here every layer of the teacher is compared with every layer of student and control: do they arrange the same images in the same way?',
    layersMeasured: 'Debiased linear CKA (Kornblith et al. 2019) over batches of 32 images (Nguyen et al. 2021): 1 where two layers arrange the images alike but for rotation and scale, 0 where they have nothing in common; the debiased form can fall a little below. Maps are averaged to at most 4 × 4 places before, which is ours. Networks of one family are compared in the same place: f0 with f0, and so on.',
    relevanceTitle: 'Is what was distilled of use?',
    relevanceIntro: 'To become like the teacher is one thing; to gain what helps to tell classes apart is another. Two scores keep them apart: how like the teacher’s the features are, and how well the distances between images follow the distances between their labels.',
    relevanceMeasured: 'The feature similarity score and the relevance score are those of Adhane et al. 2025, on distance correlation (Székely &amp; Rizzo 2014). <em>Distilled</em> is what is left of the student’s pooled features once what the control explains has been taken out, <em>left behind</em> the same the other way round. Scores are computed in batches of 32 images, as many of each class, and a batch is the unit of every interval (paired bootstrap, 95 %). With «as in the teacher’s last layer» classes lie as far apart as their rows in it; the paper takes the names of the classes.',
    projectorTitle: 'What does the projector keep?',
    projectorIntro: 'The method SRD compares features, and where student and teacher have vectors of different length a matrix W, the <em>projector</em>, stands between them. It learns too, and what it lets through is what can be distilled.',
    projectorMeasured: 'The singular values of W say how strongly each direction is passed on. The effective rank is exp of the entropy of their shares: 1 where one direction has everything, their number where all are equal. With C<sub>s</sub> and C<sub>st</sub> the correlations of the student’s features with themselves and with the teacher’s, the plain squared distance moves W by C<sub>st</sub> − C<sub>s</sub>·W; the distance from rest is the size of that, divided by the size of C<sub>st</sub> (Miles &amp; Mikolajczyk 2024, §3).',
    takeTitle: '<span class="number">6</span> Take it with you',
    takeIntro: 'What was computed here is yours: a link to this very run, the weights of the three networks, every number that was found, every figure, and a script that repeats the run in PyTorch.',
    takeFiles: 'What is in the files',
    takeMeasured: 'Weights are safetensors under PyTorch’s names, 32-bit floats. The JSON file holds the settings, the seed, the engine’s version, which engine computed and why, every evaluation, the losses, and of every question that was put the answer and the report behind it. The CSV file holds the same numbers, one a row, with the ends of 95 % intervals and n where there are any. An SVG file holds the numbers of its text twin as metadata, and its description is the alt text; PNG files carry the same text.',
    takeMeasured2: 'The script makes the same random numbers as the engine, so that images come in the same order with the same crops. It reads the images, the teacher and the first weights from files. Losses of the first steps agree to about 0.001; rounding then drives any two computations of one training apart, and accuracies differ by chance.',
    wordsTitle: 'Words',
    termBatch: 'Batch, step, epoch',
    termBatchText: 'Images are shown in batches; after each the weights are changed a little, which is one step. An epoch is over when every training image has been shown once.',
    termBootstrap: 'Bootstrap',
    termBootstrapText: 'Drawing again and again from the images at hand, to see how much a number would change with other images. Paired: student and control are always drawn on the same images. <a href="#use-bootstrap">Where it first stands<span class="visually-hidden">: Bootstrap</span></a>',
    termCosine: 'Cosine',
    termCosineText: 'How much two lists of numbers point the same way: 1 the same, 0 nothing in common, −1 opposite. Their sizes do not matter. <a href="#use-cosine">Where it first stands<span class="visually-hidden">: Cosine</span></a>',
    termCrossEntropy: 'Cross-entropy',
    termCrossEntropyText: 'The mean of −log of the probability that a network gave to the right class: 0 where it was sure and right, large where it was sure and wrong. <a href="#use-cross-entropy">Where it first stands<span class="visually-hidden">: Cross-entropy</span></a>',
    termGradient: 'Gradient',
    termGradientText: 'In which direction, and how strongly, a number changes when what it depends on is changed a little: the loss with the weights, or the score of a class with the pixels. <a href="#use-gradient">Where it first stands<span class="visually-hidden">: Gradient</span></a>',
    termInterval: 'Interval, 95 %',
    termIntervalText: 'The range that, in nineteen of twenty such measurements, holds the number that all images together would give. Fewer images, wider interval. <a href="#use-interval">Where it first stands<span class="visually-hidden">: Interval, 95 %</span></a>',
    termDivergence: 'Kullback–Leibler divergence',
    termDivergenceText: 'How far one list of probabilities is from another: 0 where they are the same. In nats, as its logarithm is natural. <a href="#use-divergence">Where it first stands<span class="visually-hidden">: Kullback–Leibler divergence</span></a>',
    termLearningRate: 'Learning rate',
    termLearningRateText: 'How large a step the weights take along the gradient. Here it rises over the first twentieth of a run and then falls.',
    termLogits: 'Logits',
    termLogitsText: 'The numbers, one a class, that a network gives before they become probabilities. <a href="#use-logits">Where it first stands<span class="visually-hidden">: Logits</span></a>',
    termSeed: 'Seed',
    termSeedText: 'The number that fixes everything random in a run: first weights, order of the images, crops and flips. The same seed gives the same run. <a href="#use-seed">Where it first stands<span class="visually-hidden">: Seed</span></a>',
    termSoftmax: 'Softmax',
    termSoftmaxText: 'What makes probabilities of logits: each is raised to a power of e, and all are divided by their sum.',
    termTap: 'Tap',
    termTapText: 'A place in a network where its features are read: f0 after the first layer, then one after each stage. <a href="#use-tap">Where it first stands<span class="visually-hidden">: Tap</span></a>',
    termTemperature: 'Temperature',
    termTemperatureText: 'What logits are divided by before the softmax. Above 1 the probabilities move closer together, so that small ones can be seen; at 1 they are the network’s own. <a href="#use-temperature">Where it first stands<span class="visually-hidden">: Temperature</span></a>',
    sourcesTitle: 'Sources',
    licence: 'Everything is computed on your machine; nothing that you do here leaves it. kd-lens is free software, MIT or Apache-2.0.',
  },

  format: {},

  dom: {},

  answers: {},

  answersIgnore: {},

  answersSeeds: {},

  answersWhy: {},

  ask: {},

  many: {},

  panel: {},

  asOf: {},

  look: {},

  unicam: {},

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

  regions: {},

  ranges: {},

  choices: {},

  figures: {},

  plot: {},

  draw: {},

  take: {},

  results: {},

  script: {},
};
