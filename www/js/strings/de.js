/** Deutsch. One section a module; the sections stand in the order of the page. */
import { makeFormat } from '../numbers.js';

const format = {
  and: 'und',
  or: 'oder',
  countOf: (count, n) => `${count} von ${n}`,
  range: (low, high) => `${low} bis ${high}`,
  points: (difference) => `${difference} Prozentpunkte`,
  instant: 'weniger als eine Sekunde',
  second: ['Sekunde', 'Sekunden'],
  minute: ['Minute', 'Minuten'],
  hours: 'Stunden',
};
const f = makeFormat('de', format);

/** Die Klassen von CIFAR-10, Shapes-32 und CIFAR-100. */
const CLASSES = {
  airplane: 'Flugzeug', automobile: 'Auto', bird: 'Vogel', cat: 'Katze', deer: 'Hirsch', dog: 'Hund', frog: 'Frosch', horse: 'Pferd', ship: 'Schiff', truck: 'Lastwagen',
  circle: 'Kreis', square: 'Quadrat', triangle: 'Dreieck', star: 'Stern', ring: 'Ring', cross: 'Kreuz', crescent: 'Mondsichel', hexagon: 'Sechseck', heart: 'Herz', arrow: 'Pfeil',
  apple: 'Apfel', aquarium_fish: 'Aquarienfisch', baby: 'Säugling', bear: 'Bär', beaver: 'Biber', bed: 'Bett', bee: 'Biene', beetle: 'Käfer',
  bicycle: 'Fahrrad', bottle: 'Flasche', bowl: 'Schale', boy: 'Junge', bridge: 'Brücke', bus: 'Bus', butterfly: 'Schmetterling', camel: 'Kamel',
  can: 'Dose', castle: 'Burg', caterpillar: 'Raupe', cattle: 'Rind', chair: 'Stuhl', chimpanzee: 'Schimpanse', clock: 'Uhr', cloud: 'Wolke',
  cockroach: 'Schabe', couch: 'Sofa', crab: 'Krabbe', crocodile: 'Krokodil', cup: 'Tasse', dinosaur: 'Dinosaurier', dolphin: 'Delfin', elephant: 'Elefant',
  flatfish: 'Plattfisch', forest: 'Wald', fox: 'Fuchs', girl: 'Mädchen', hamster: 'Hamster', house: 'Haus', kangaroo: 'Känguru', keyboard: 'Tastatur',
  lamp: 'Lampe', lawn_mower: 'Rasenmäher', leopard: 'Leopard', lion: 'Löwe', lizard: 'Eidechse', lobster: 'Hummer', man: 'Mann', maple_tree: 'Ahorn',
  motorcycle: 'Motorrad', mountain: 'Berg', mouse: 'Maus', mushroom: 'Pilz', oak_tree: 'Eiche', orange: 'Orange', orchid: 'Orchidee', otter: 'Otter',
  palm_tree: 'Palme', pear: 'Birne', pickup_truck: 'Pritschenwagen', pine_tree: 'Kiefer', plain: 'Ebene', plate: 'Teller', poppy: 'Mohn', porcupine: 'Stachelschwein',
  possum: 'Beutelratte', rabbit: 'Kaninchen', raccoon: 'Waschbär', ray: 'Rochen', road: 'Straße', rocket: 'Rakete', rose: 'Rose', sea: 'Meer',
  seal: 'Robbe', shark: 'Hai', shrew: 'Spitzmaus', skunk: 'Stinktier', skyscraper: 'Hochhaus', snail: 'Schnecke', snake: 'Schlange', spider: 'Spinne',
  squirrel: 'Eichhörnchen', streetcar: 'Straßenbahn', sunflower: 'Sonnenblume', sweet_pepper: 'Paprika', table: 'Tisch', tank: 'Panzer', telephone: 'Telefon', television: 'Fernseher',
  tiger: 'Tiger', tractor: 'Traktor', train: 'Zug', trout: 'Forelle', tulip: 'Tulpe', turtle: 'Schildkröte', wardrobe: 'Schrank', whale: 'Wal',
  willow_tree: 'Weide', wolf: 'Wolf', woman: 'Frau', worm: 'Wurm',
};

/** Die drei Netze in den Fällen, in denen Sätze sie brauchen. */
const WHO = {
  teacher: { name: 'Lehrer', nom: 'der Lehrer', acc: 'den Lehrer', dat: 'dem Lehrer', gen: 'des Lehrers', at: 'beim Lehrer' },
  student: { name: 'Schüler', nom: 'der Schüler', acc: 'den Schüler', dat: 'dem Schüler', gen: 'des Schülers', at: 'beim Schüler' },
  control: { name: 'Kontrolle', nom: 'die Kontrolle', acc: 'die Kontrolle', dat: 'der Kontrolle', gen: 'der Kontrolle', at: 'bei der Kontrolle' },
};

const images = (n) => f.plural(n, 'Bild', 'Bilder');
/** Nach «auf» und «von». */
const onImages = (n) => f.plural(n, 'Bild', 'Bildern');
const seeds = (n) => f.plural(n, 'Seed', 'Seeds');
const capital = (text) => text[0].toUpperCase() + text.slice(1);
const pressFirst = 'Die Antwort steht hier, sobald der Knopf darüber gedrückt wurde.';
const stepAndSeed = (step, seed) => `Schritt ${step}, Seed ${seed}.`;
const leftOut = (n) => (n === 0 ? 'Keines wurde ausgelassen.' : `${images(n)} ausgelassen, weil eine Karte überall null war.`);

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
    /** Wie eine Klasse der Datensätze dieser Seite heißt. */
    named: (name) => CLASSES[name] ?? name,
  },

  format,

  dom: {
    who: { teacher: 'Lehrer', student: 'Schüler', control: 'Kontrolle' },
  },

  answers: {
    against: (a, b) => `${a} gegenüber ${b}`,
    lessThanOne: 'weniger als 1 %',
    untaught: 'Noch wurde nichts gelehrt: Schüler und Kontrolle sind dasselbe untrainierte Netz, nichts kann sie also unterscheiden.',
    accuracy: {
      higher: (shares) => `Der Schüler ist genauer als seine Kontrolle: ${shares}.`,
      noDifference: (shares) => `Kein Unterschied in der Genauigkeit zwischen Schüler und Kontrolle zu sehen: ${shares}.`,
      lower: (shares) => `Der Schüler ist weniger genau als seine Kontrolle: ${shares}. Die Destillation hat hier bisher nicht geholfen.`,
    },
    agreement: {
      higher: (shares, noneBefore) => `${noneBefore ? 'Aber der Schüler' : 'Er'} stimmt öfter mit dem Lehrer überein: ${shares}.`,
      noDifference: (shares, noneBefore) => (noneBefore ? `Auch darin, wie oft sie mit dem Lehrer übereinstimmen, ist keiner zu sehen: ${shares}.` : `Darin, wie oft sie mit dem Lehrer übereinstimmen, ist kein Unterschied zu sehen: ${shares}.`),
      lower: (shares, noneBefore) => `${noneBefore ? 'Aber der Schüler' : 'Er'} stimmt seltener mit dem Lehrer überein: ${shares}.`,
    },
    teachingNote: (n, step) => `${n} Testbilder, Schritt ${step}. In Klammern 95-%-Intervalle; die Unterschiede gelten für dieselben Bilder.`,
    looking: {
      nothing: 'Kein Bild hat Karten, die sich vergleichen lassen: Bei jedem ist eine der Karten überall null.',
      more: (rate, n) => `Der Schüler schaut eher dorthin, wohin der Lehrer schaut, als seine Kontrolle: Seine Karte ist auf ${rate} von ${onImages(n)} näher an der des Lehrers; Zufall wären 50 %.`,
      noDifference: (rate, n) => `Kein Unterschied zu sehen: Die Karte des Schülers ist auf ${rate} von ${onImages(n)} näher an der des Lehrers als die der Kontrolle; Zufall wären 50 %.`,
      less: (rate, n) => `Der Schüler schaut weniger dorthin, wohin der Lehrer schaut, als seine Kontrolle: Seine Karte ist auf ${rate} von ${onImages(n)} näher an der des Lehrers; Zufall wären 50 %.`,
      note: (count, skipped) => `${count} Bildern. ${leftOut(skipped)}`,
      leftOut,
    },
    fooling: {
      nothing: (source) => `Der Angriff hat ${WHO[source].acc} auf keinem Bild getäuscht, es gibt also nichts weiterzugeben. Mit einem größeren ε gelingt es vielleicht.`,
      attacked: (n) => `${images(n)} angegriffen.`,
      numbers: (shares, n, source) => `${shares} ${n === 1 ? `von 1 Bild, das ${WHO[source].acc} täuschte` : `von den ${onImages(n)}, die ${WHO[source].acc} täuschten`}`,
      higher: (source, a, b, numbers) => `Was ${WHO[source].acc} täuscht, täuscht ${WHO[a].acc} öfter als ${WHO[b].acc}: ${numbers}.`,
      noDifference: (source, a, b, numbers) => `Kein Unterschied darin zu sehen, wie oft das, was ${WHO[source].acc} täuscht, auch ${WHO[a].acc} und ${WHO[b].acc} täuscht: ${numbers}.`,
      lower: (source, a, b, numbers) => `Was ${WHO[source].acc} täuscht, täuscht ${WHO[a].acc} seltener als ${WHO[b].acc}: ${numbers}.`,
      unknown: (source, a, b) => `Nur ein Bild hat ${WHO[source].acc} getäuscht: zu wenig, um ${WHO[a].acc} und ${WHO[b].acc} zu vergleichen.`,
      noise: (shares) => `Rauschen derselben Größe: ${shares}.`,
      sameClass: (source, a, countA, b, countB) => `Auf den Bildern, die auch sie täuschten, sahen sie genau dieselbe Klasse wie ${WHO[source].nom}: ${WHO[a].nom} auf ${countA}, ${WHO[b].nom} auf ${countB}.`,
    },
    sweep: {
      nothing: (source) => `Bei keiner dieser Stärken hat der Angriff ${WHO[source].acc} getäuscht.`,
      higher: (a, b, strengths) => `${WHO[a].nom} wird bei ε = ${strengths} öfter getäuscht als ${WHO[b].nom}`,
      lower: (a, b, strengths) => `${WHO[a].nom} wird bei ε = ${strengths} seltener getäuscht als ${WHO[b].nom}`,
      noDifference: (a, b, strengths) => `kein Unterschied ist zu sehen bei ε = ${strengths}`,
      unknown: (a, b, strengths) => `zu wenige Bilder wurden getäuscht bei ε = ${strengths}`,
      note: 'Jede Stärke wird nach ihrem eigenen 95-%-Intervall der gepaarten Differenz beurteilt.',
    },
    outline: {
      numbers: (student, control, points, n) => `${student} der Karte gegenüber ${control}, ${points}, auf ${onImages(n)}`,
      higher: (numbers) => `Von der Karte des Schülers liegt mehr im wahren Umriss des Objekts als von der Karte der Kontrolle: ${numbers}.`,
      noDifference: (numbers) => `Kein Unterschied darin zu sehen, wie viel der Karte im wahren Umriss des Objekts liegt: ${numbers}.`,
      lower: (numbers) => `Von der Karte des Schülers liegt weniger im wahren Umriss des Objekts als von der Karte der Kontrolle: ${numbers}.`,
      unknown: () => 'Auf zu wenigen Bildern haben Schüler und Kontrolle beide eine Karte, die sich mit dem wahren Umriss vergleichen lässt.',
      around: (chance, teacher) => `Das Objekt bedeckt ${chance} des Bildes${teacher === null ? '' : ` und enthält ${teacher} der Karte des Lehrers`}.`,
    },
    unicam: {
      same: (against) => `Schüler und ${WHO[against].name} sind noch dasselbe Netz: Nimmt man dem einen, was das andere weiß, so bleibt nichts; beide Karten sind also leer.`,
      sameNote: (n, step) => `Auf ${onImages(n)} bei Schritt ${step} bleibt weniger als ein Millionstel.`,
      left: (against, share) => `Davon, wie Schüler und ${WHO[against].name} die Bilder unterscheiden, lassen sich ${share} nicht durch das jeweils andere Netz erklären.`,
      relevance: (against, distilled, residual, n) => `Der Zusammenhang dessen, was bleibt, mit den Labels ist ${distilled} beim Schüler und ${residual} ${WHO[against].at}: je eine Zahl für ${images(n)}, daher wird kein Unterschied behauptet.`,
      numbers: (distilled, residual, points, n, chance) => `${distilled} gegenüber ${residual}, ${points}, auf ${onImages(n)}; das Objekt bedeckt ${chance}`,
      higher: (numbers) => `Was destilliert wurde, liegt mehr im wahren Umriss des Objekts als das, was zurückblieb: ${numbers}.`,
      noDifference: (numbers) => `Kein Unterschied darin zu sehen, wie viel der beiden Karten im wahren Umriss des Objekts liegt: ${numbers}.`,
      lower: (numbers) => `Was destilliert wurde, liegt weniger im wahren Umriss des Objekts als das, was zurückblieb: ${numbers}.`,
      unknown: () => 'Zu wenige Bilder haben beide Karten, um sie mit den wahren Umrissen zu vergleichen.',
      at: (place, share) => `hauptsächlich ${place} (${share} der Karte)`,
      nowhere: 'nirgends: die Karte ist überall null',
      where: (against, distilled, residual) => `Was der Schüler über ${WHO[against].acc} hinaus hat, liegt ${distilled}. Was ${WHO[against].nom} über den Schüler hinaus hat, liegt ${residual}.`,
    },
    places: [
      ['oben links', 'oben', 'oben rechts'],
      ['links', 'in der Mitte', 'rechts'],
      ['unten links', 'unten', 'unten rechts'],
    ],
    maps: {
      at: (place, share) => `hauptsächlich ${place} (${share} der Karte)`,
      nowhere: 'nirgends, denn sie ist überall null',
      where: (teacher, student, control) => `Die Karte des Lehrers liegt ${teacher}, die des Schülers ${student}, die der Kontrolle ${control}.`,
      zero: {
        image: 'Mit einer Karte, die überall null ist, gibt es keinen Kosinus; dieses Bild fehlt daher im Vergleich.',
        picture: 'Mit einer Karte, die überall null ist, gibt es keinen Kosinus; dieses Bild lässt sich daher nicht vergleichen.',
      },
      cosines: (student, control) => `Kosinus mit der Karte des Lehrers: Schüler ${student}, Kontrolle ${control}`,
      untaught: (cosines) => `${cosines}; beide sind dasselbe untrainierte Netz.`,
      closer: {
        image: (cosines, who) => `${cosines}; auf diesem Bild ist ${WHO[who].nom} näher am Lehrer.`,
        picture: (cosines, who) => `${cosines}; auf diesem Bild ist ${WHO[who].nom} näher am Lehrer.`,
      },
    },
  },

  answersIgnore: {
    unchanged: 'Noch wurde nichts verändert.',
    at: (strengths) => `bei ${strengths}`,
    atAll: { every: 'bei jeder Stärke', any: 'bei allen Stärken' },
    kept: {
      higher: (where) => `${where} bleibt der Schüler öfter bei seiner Antwort als die Kontrolle`,
      lower: (where) => `${where} bleibt der Schüler seltener bei seiner Antwort als die Kontrolle`,
      noDifference: (where) => `${where} ist kein Unterschied zwischen Schüler und Kontrolle zu sehen`,
      unknown: (where) => `${where} sind es zu wenige Bilder`,
    },
    agreed: {
      higher: (where) => `${where} gibt der Schüler öfter die Antwort des Lehrers`,
      lower: (where) => `${where} gibt der Schüler seltener die Antwort des Lehrers`,
      noDifference: (where) => `${where} ist kein Unterschied zu sehen`,
      unknown: () => 'es sind zu wenige Bilder',
    },
    strongest: (at, teacher, student, control, points) => `Bei ${at} bleibt der Lehrer auf ${teacher} bei seiner Antwort, der Schüler auf ${student}, die Kontrolle auf ${control}${points ? `; Schüler − Kontrolle ${points}` : ''}.`,
    answer: (named, kept, strongest, agreed) => `${named}: ${kept}. ${strongest} Für die veränderten Bilder gilt: ${agreed}.`,
    note: (teacher, student, control, n) => `Dort richtig: Lehrer ${teacher}, Schüler ${student}, Kontrolle ${control}. ${images(n)}; jede Stärke wird nach ihrem eigenen 95-%-Intervall der gepaarten Differenz beurteilt.`,
    noDomain: 'Noch wurde keine andere Domäne gezeigt.',
    domains: {
      higher: (where) => `auf ${where} gibt der Schüler öfter die Antwort des Lehrers als die Kontrolle`,
      lower: (where) => `auf ${where} gibt der Schüler seltener die Antwort des Lehrers als die Kontrolle`,
      noDifference: (where) => `auf ${where} ist kein Unterschied zwischen Schüler und Kontrolle zu sehen`,
      unknown: (where) => `auf ${where} sind es zu wenige Bilder`,
    },
    allDomains: { every: 'jeder anderen Art von Bildern', any: 'allen anderen Arten von Bildern' },
    domainsNote: (usual, n) => `Auf den unveränderten Bildern geben sie diese Antwort auf ${usual}. ${images(n)} in jeder Domäne; jede wird nach ihrem eigenen 95-%-Intervall beurteilt.`,
    shape: {
      nothing: 'Auf keinem Bild haben Schüler und Kontrolle beide nach dem Umriss oder nach dem Inneren geantwortet; es gibt also nichts zu vergleichen.',
      images: (n) => `${images(n)}.`,
      numbers: (shares, points, n) => `${shares} der Antworten, die einem von beiden folgen; ${points ? `${points} auf ${onImages(n)}` : images(n)}, auf ${n === 1 ? 'dem' : 'denen'} beide das tun`,
      higher: (numbers) => `Wo Umriss und Inneres einander widersprechen, geht der Schüler öfter nach dem Umriss als die Kontrolle: ${numbers}.`,
      lower: (numbers) => `Wo Umriss und Inneres einander widersprechen, geht der Schüler seltener nach dem Umriss als die Kontrolle: ${numbers}.`,
      noDifference: (numbers) => `Kein Unterschied darin zu sehen, wie oft Schüler und Kontrolle nach dem Umriss gehen: ${numbers}.`,
      unknown: (numbers) => `Zu wenige Bilder, auf denen beide nach Umriss oder Innerem antworten: ${numbers}.`,
      teacher: (rate) => `Der Lehrer: ${rate}.`,
      note: (n, texture) => `${n} Bilder mit Ausschnitten. Bei fremden Farben allein, die keine Klasse tragen, nennt der Lehrer auf ${texture} die Klasse ihrer Herkunft: durch Zufall.`,
    },
  },

  answersSeeds: {
    one: 'Ein Seed hat keine Streuung: Eine Antwort über Seeds braucht mindestens zwei.',
    interval: (points) => `: ${points}.`,
    constant: (points) => `, aber jeder Seed ergab dasselbe: ${points}, daher gibt es kein Intervall.`,
    accuracy: {
      higher: (numbers, n) => `Über ${seeds(n)} ist der Schüler genauer als seine Kontrolle${numbers}`,
      none: (numbers, n) => `Über ${seeds(n)} ist kein Unterschied in der Genauigkeit zwischen Schüler und Kontrolle zu sehen${numbers}`,
      lower: (numbers, n) => `Über ${seeds(n)} ist der Schüler weniger genau als seine Kontrolle${numbers}`,
    },
    agreement: {
      higher: (numbers) => `Der Schüler stimmt öfter mit dem Lehrer überein${numbers}`,
      none: (numbers) => `Darin, wie oft sie mit dem Lehrer übereinstimmen, ist kein Unterschied zu sehen${numbers}`,
      lower: (numbers) => `Der Schüler stimmt seltener mit dem Lehrer überein${numbers}`,
    },
    note: (n) => `Mittel von Schüler − Kontrolle mit dem 95-%-Intervall nach Student über ${seeds(n)}.`,
    few: 'Bei so wenigen Seeds ist das Intervall weit, und „kein Unterschied zu sehen“ heißt nicht, dass es keinen gibt.',
  },

  answersWhy: {
    agreement: {
      higher: (numbers) => `Der Schüler gibt öfter die Antwort des Lehrers als die Kontrolle: ${numbers}.`,
      noDifference: (numbers) => `Kein Unterschied darin zu sehen, wie oft Schüler und Kontrolle die Antwort des Lehrers geben: ${numbers}.`,
      lower: (numbers) => `Der Schüler gibt seltener die Antwort des Lehrers als die Kontrolle: ${numbers}.`,
      unknown: () => 'Zu wenige Bilder, um zu vergleichen, wie oft sie die Antwort des Lehrers geben.',
    },
    distance: {
      higher: (student, control, gap) => `Seine Wahrscheinlichkeiten sind weiter von denen des Lehrers entfernt als die der Kontrolle: ${student} gegenüber ${control} Nat, ${gap}.`,
      noDifference: (student, control, gap) => `Kein Unterschied darin zu sehen, wie weit ihre Wahrscheinlichkeiten von denen des Lehrers entfernt sind: ${student} gegenüber ${control} Nat, ${gap}.`,
      lower: (student, control, gap) => `Seine Wahrscheinlichkeiten sind näher an denen des Lehrers als die der Kontrolle: ${student} gegenüber ${control} Nat, ${gap}.`,
      unknown: () => '',
    },
    alignment: {
      higher: (student, control, gap) => `Er nutzt die Pixel mehr so wie der Lehrer: Kosinus ${student} gegenüber ${control}, ${gap}.`,
      noDifference: (student, control, gap) => `Kein Unterschied darin zu sehen, wie sehr sie die Pixel so nutzen wie der Lehrer: Kosinus ${student} gegenüber ${control}, ${gap}.`,
      lower: (student, control, gap) => `Er nutzt die Pixel weniger so wie der Lehrer: Kosinus ${student} gegenüber ${control}, ${gap}.`,
      unknown: () => '',
    },
    bounds: (n, studentLow, studentHigh, controlLow, controlHigh) => `${images(n)}. Ihre Genauigkeiten allein ließen eine Übereinstimmung von ${studentLow} bis ${studentHigh} (Schüler) und ${controlLow} bis ${controlHigh} (Kontrolle) zu.`,
    kappa: (student, control) => `Auf denselben Bildern richtig wie der Lehrer, den Zufall abgezogen (κ): ${student} gegenüber ${control}.`,
    foreign: (share) => `Mit einem Netz, das an alldem keinen Anteil hatte, stimmt der Schüler auf ${share} überein.`,
    chance: (rate) => `Zwei Kontrollen mit verschiedenen Seeds stimmen auf ${rate} überein.`,
    calibration: (...three) => {
      const [teacher, student, control] = three.map(([sure, right, error]) => `nach eigener Angabe zu ${sure} sicher und auf ${right} richtig (Kalibrierungsfehler ${error})`);
      return `Im Mittel ist der Lehrer ${teacher}; der Schüler ${student}; die Kontrolle ${control}.`;
    },
    apart: {
      higher: 'Die des Schülers ist über beide Intervalle hinaus höher.',
      lower: 'Die des Schülers ist über beide Intervalle hinaus niedriger.',
      noDifference: 'Die beiden Intervalle überlappen, daher wird kein Unterschied zwischen Schüler und Kontrolle behauptet.',
    },
    same: 'Schüler und Kontrolle sind noch dasselbe Netz.',
    factor: {
      numbers: (correlation, n) => `Rangkorrelation ${correlation} über ${images(n)}`,
      positive: (numbers) => `Je sicherer sich der Lehrer der richtigen Klasse ist, desto stärker drängen seine weichen Ziele den Schüler zu ihr: ${numbers}.`,
      none: (numbers) => `Kein Zusammenhang zu sehen zwischen der Sicherheit, mit der der Lehrer die richtige Klasse nennt, und der Stärke, mit der seine weichen Ziele den Schüler drängen: ${numbers}.`,
      negative: (numbers) => `Je sicherer sich der Lehrer der richtigen Klasse ist, desto weniger drängen seine weichen Ziele den Schüler zu ihr: ${numbers}.`,
      unknown: 'Zu wenige Bilder oder zu geringe Unterschiede für eine Rangkorrelation.',
      control: (correlation) => `Würde die Kontrolle jetzt so gelehrt, wäre sie ${correlation}.`,
    },
    geometry: {
      numbers: (correlation, n) => `Rangkorrelation ${correlation} über ${f.plural(n, 'Paar', 'Paare')} von Klassen`,
      positive: (numbers) => `Klassen, die der Lehrer ähnlich findet, liegen in der letzten Schicht des Schülers näher beieinander: ${numbers}.`,
      none: (numbers) => `Kein Zusammenhang zu sehen zwischen den Klassen, die der Lehrer ähnlich findet, und denen, die in der letzten Schicht des Schülers nahe beieinander liegen: ${numbers}.`,
      negative: (numbers) => `Klassen, die der Lehrer ähnlich findet, liegen in der letzten Schicht des Schülers weiter auseinander: ${numbers}.`,
      unknown: 'Zu wenige Paare von Klassen oder zu geringe Unterschiede für eine Rangkorrelation.',
      control: (correlation) => `Kontrolle: ${correlation}.`,
    },
    projector: {
      rank: (count, shape, rank, before) => `Von den ${count} Richtungen dieser ${shape}-Abbildung zählen etwa ${rank}${before ? `; bei Schritt ${before.step} waren es ${before.rank}` : ''}.`,
      noRest: 'Die Merkmale ändern sich nicht, daher hat sie keinen Ruhepunkt.',
      rest: (residual, before) => `Ihr Abstand von der Ruhe ist ${residual}${before === null ? '' : ` (vorher ${before})`}: Bei 0 hörte der einfache quadratische Abstand auf zu ziehen.`,
      note: (n, step) => `${images(n)}, Schritt ${step}. Es gibt nur einen Projektor, daher wird nichts verglichen.`,
    },
    boundary: {
      numbers: (student, control, points) => `${student} der Punkte gegenüber ${control}${points ? `, ${points}` : ''}`,
      higher: (numbers) => `Die Klassenkarte des Schülers gleicht der des Lehrers an mehr Punkten als die der Kontrolle: ${numbers}.`,
      noDifference: (numbers) => `Kein Unterschied darin zu sehen, wie sehr die Klassenkarten von Schüler und Kontrolle der des Lehrers gleichen: ${numbers}.`,
      lower: (numbers) => `Die Klassenkarte des Schülers gleicht der des Lehrers an weniger Punkten als die der Kontrolle: ${numbers}.`,
      few: (numbers) => `Zu wenige Ebenen, um einen Unterschied vom Zufall zu trennen. Auf diesen gleicht die Karte des Schülers der des Lehrers an so vielen Punkten, verglichen mit der Kontrolle: ${numbers}.`,
      unknown: (numbers) => `Eine Ebene allein ergibt kein Intervall. Auf ihr gleicht die Karte des Schülers der des Lehrers an so vielen Punkten, verglichen mit der Kontrolle: ${numbers}.`,
      note: (n, points, enough) => `Das Mittel von ${f.plural(n, 'Ebene', 'Ebenen')} mit je ${points} Punkten; das Intervall gilt über Ebenen, und ein Unterschied wird ab ${enough} Ebenen behauptet.`,
    },
    layers: {
      numbers: (student, control, gap) => `mittlere CKA von Schichten an derselben Stelle ${student} gegenüber ${control}${gap ? `, ${gap}` : ''}`,
      higher: (numbers) => `Schicht für Schicht sind die Merkmale des Schülers denen des Lehrers ähnlicher als die der Kontrolle: ${numbers}.`,
      noDifference: (numbers) => `Kein Unterschied darin zu sehen, wie ähnlich die Merkmale von Schüler und Kontrolle denen des Lehrers Schicht für Schicht sind: ${numbers}.`,
      lower: (numbers) => `Schicht für Schicht sind die Merkmale des Schülers denen des Lehrers weniger ähnlich als die der Kontrolle: ${numbers}.`,
      few: (numbers) => `Zu wenige Batches, um einen Unterschied vom Zufall zu trennen: ${numbers}.`,
      unknown: (numbers) => `Ein Batch allein ergibt kein Intervall: ${numbers}.`,
      nothing: 'In keinem Batch ändern sich die Merkmale aller Schichten, es gibt also nichts zu vergleichen.',
      note: (student, control, least, n, batches, enough) => `Schichten des Lehrers, die der Schicht an derselben Stelle am ähnlichsten sind: ${student} beim Schüler, ${control} bei der Kontrolle, wo überhaupt etwas ähnlich ist (CKA ab ${least}). ${images(n)} in Batches zu 32; das Intervall gilt über ${f.plural(batches, 'Batch', 'Batches')}, und ein Unterschied wird ab ${enough} behauptet.`,
    },
    atTaps: (taps) => `bei ${taps}`,
    atAllTaps: { every: 'bei jedem Abgriff', any: 'bei allen Abgriffen' },
    likeness: {
      higher: (where) => `die Merkmale des Schülers sind denen des Lehrers ${where} ähnlicher als die der Kontrolle`,
      lower: (where) => `die Merkmale des Schülers sind denen des Lehrers ${where} weniger ähnlich als die der Kontrolle`,
      noDifference: (where) => `${where} ist kein Unterschied in der Ähnlichkeit zu sehen`,
      few: (where) => `${where} sind es zu wenige Batches, um einen Unterschied in der Ähnlichkeit vom Zufall zu trennen`,
      unknown: (where) => `${where} sind es zu wenige Batches, um die Merkmale zu vergleichen`,
    },
    relation: {
      numbers: (student, control, gap) => `${student} gegenüber ${control}${gap ? `, ${gap}` : ''}`,
      higher: (numbers) => `Was der Schüler über die Kontrolle hinaus hat, hängt stärker mit den Labels zusammen als das, was die Kontrolle über den Schüler hinaus hat: ${numbers}.`,
      noDifference: (numbers) => `Kein Unterschied darin zu sehen, wie das, was Schüler und Kontrolle jeweils über das andere Netz hinaus haben, mit den Labels zusammenhängt: ${numbers}.`,
      lower: (numbers) => `Was der Schüler über die Kontrolle hinaus hat, hängt schwächer mit den Labels zusammen als das, was die Kontrolle über den Schüler hinaus hat: ${numbers}.`,
      few: (numbers) => `Zusammenhang mit den Labels dessen, was der Schüler über die Kontrolle hinaus hat, gegenüber dem, was die Kontrolle über den Schüler hinaus hat: ${numbers}; zu wenige Batches, um das vom Zufall zu trennen.`,
      unknown: () => 'In zu wenigen Batches bleibt etwas, das Schüler oder Kontrolle über das andere Netz hinaus hat.',
      note: (n, batches, batch, enough) => `${images(n)} in ${f.plural(batches, 'Batch', 'Batches')} zu ${batch}; jedes Intervall gilt über Batches, und ein Unterschied wird ab ${enough} behauptet.`,
      without: (n) => `${f.plural(n, 'Batch', 'Batches')} ohne Zahl, weil ein Netz das andere erklärt.`,
    },
  },

  ask: {
    images: 'Testbilder',
    first: (n) => `die ersten ${n}`,
    progress: (verb) => `${verb}: Fortschritt`,
    stop: 'Anhalten',
    stopping: 'Wird angehalten.',
    done: (done, total, left) => `${done} von ${total}${left === null ? '' : `, noch etwa ${left}`}.`,
    computing: 'Wird berechnet.',
    computingBetween: 'Wird berechnet (zwischen zwei Trainingsschritten).',
    notYet: 'Noch nicht berechnet.',
    computed: (asOf) => `Berechnet ${asOf}.`,
  },

  many: {
    images: 'Testbilder',
    first: (n) => `die ersten ${n}`,
    progress: (verb) => `${verb}: Fortschritt`,
    stop: 'Anhalten',
    all: (n) => `${n} Bilder.`,
    done: (done, total, left) => `${done} von ${total} Bildern, noch etwa ${left}.`,
    stopped: (n) => `Angehalten nach ${n} Bildern.`,
    answered: (n, asOf) => `${n} Bilder, ${asOf}.`,
  },

  panel: {
    again: 'Neu berechnen',
    computing: 'Wird berechnet.',
    computingBetween: 'Wird berechnet (zwischen zwei Trainingsschritten).',
    waiting: 'Wartet auf die ersten Testbilder.',
    computed: (asOf, subject) => (subject ? `${subject}: berechnet ${asOf}.` : `Berechnet ${asOf}.`),
  },

  asOf: {
    at: (step) => `bei Schritt ${step}`,
    before: (step) => `bei Schritt ${step}; der Lauf ist seither weitergegangen`,
    asOf: (moment) => `zum Stand von ${moment}`,
    elsewhere: (step, moment) => `bei Schritt ${step}; der Zeitregler steht jetzt auf ${moment}`,
    moment: (step, epoch) => `Schritt ${step}, Epoche ${epoch}`,
  },

  strip: {
    legend: 'Ein Testbild wählen',
    previous: 'Vorige Bilder',
    next: 'Nächste Bilder',
    range: (first, last) => `Testbilder ${first} bis ${last}.`,
    image: (name, index) => `${name}, Testbild ${index}`,
  },

  bars: {
    class: 'Klasse',
    label: 'Label',
    right: 'richtig',
    wrong: (label) => `falsch, richtig ist ${label}`,
  },

  look: {
    verb: 'Karten vergleichen',
    answersLabel: 'Was die drei Netze antworten',
    outlinesLabel: 'Karten und wahre Umrisse',
    way: (tap, step, seed) => `Abgriff ${tap}, Klasse des Labels, Schritt ${step}, Seed ${seed}.`,
    invitation: 'Hier erscheinen die Karten von Lehrer, Schüler und Kontrolle zu jedem Testbild, sobald die Netze geladen sind. Man kann sie vor, während und nach dem Training ansehen.',
    answers: 'Was sie antworten',
    many: 'Auf vielen Bildern',
    image: 'Testbild',
    imageNumber: (index) => `Testbild ${index}`,
    imageOf: (index, name) => `Testbild ${index}: ${name}`,
    label: 'Label:',
    pixels: '32 × 32 Pixel',
    none: 'Die Antwort steht hier, sobald die Karten verglichen sind.',
    tap: 'Abgriff',
    evidence: { legend: 'Belege für', label: 'das Label', own: 'die eigene Antwort' },
    show: { legend: 'Zeigen', for: 'was dafür spricht', both: 'dafür und dagegen' },
    scale: { legend: 'Skala', own: 'eigene', shared: 'gemeinsame' },
    cells: { legend: 'Zellen', plain: 'wie sie sind', smoothed: 'geglättet' },
    temperature: 'Temperatur dieser Anzeige',
    asTrained: 'Wie im Training',
    legend: { none: 'keine Belege', most: 'stärkste Belege', against: 'dagegen', for: 'dafür' },
    outlined: {
      own: (grid) => `umrandet: mindestens die Hälfte des größten Wertes; ${grid} Zellen`,
      shared: (grid) => `umrandet: mindestens die Hälfte des größten Wertes aller drei; ${grid} Zellen`,
    },
    place: (place, share) => `hauptsächlich ${place}, ${share}`,
    zero: 'die Karte ist überall null',
    nothing: (name) => `Nichts spricht für „${name}“: Die Karte ist überall null. „Dafür und dagegen“ zeigt, was es gibt.`,
    largest: (place, value) => `${place}; größter Wert ${value}`,
    bars: (temperature) => `Wahrscheinlichkeiten bei Temperatur ${temperature}; ✓ kennzeichnet das Label`,
    outlineCaption: (chance) => `Karten und die wahren Umrisse der Objekte, die ${chance} der Bilder bedecken: Diesen Anteil erreichte auch eine Karte, die nichts weiß`,
    inside: 'Karte im Umriss',
    insideNote: (points, n) => `${points ? `S − C: ${points}` : 'kein Intervall'}, ${images(n)}`,
    highest: 'Höchster Punkt im Umriss',
    pointing: 'Zeigespiel (pointing game)',
  },

  unicam: {
    title: 'Was wurde destilliert, was blieb zurück?',
    about: 'Grad-CAM befragt jedes Netz für sich. UniCAM fragt, was das eine hat und das andere nicht: Aus den Merkmalen des Schülers wird alles genommen, was die der Kontrolle erklären, und was bleibt, wird dort gezeichnet, wo es liegt. Umgekehrt zeigt es, was der Schüler aufgegeben hat.',
    verb: 'Das eine vom anderen nehmen',
    numbers: 'Was von jedem bleibt',
    tap: 'Merkmalskarten',
    against: 'Der Schüler gegen',
    way: (tap, step, seed) => `Abgriff ${tap}, Schritt ${step}, Seed ${seed}.`,
    image: 'Testbild',
    imageNumber: (index) => `Testbild ${index}`,
    imageOf: (index, name) => `Testbild ${index}: ${name}`,
    label: (name) => `Label: ${name}`,
    distilled: 'Destilliert',
    residual: 'Zurückgeblieben',
    none: pressFirst,
    least: 'nichts',
    most: 'am meisten',
    outlined: (distilled, residual) => `umrandet: mindestens die Hälfte des größten Wertes; jede Karte nach ihrem eigenen größten Wert; ${distilled} und ${residual} Zellen`,
    alt: { distilled: 'Destilliert: was der Schüler darüber hinaus hat', residual: 'Zurückgeblieben: was der Schüler nicht hat' },
    zero: (title) => `${title}: die Karte ist überall null`,
    nothingLeft: 'Es bleibt nichts: Die Karte ist überall null.',
    nothingHere: 'Hier spricht nichts dafür: Die Karte ist überall null.',
    has: {
      distilled: (against) => `Was der Schüler hat und ${WHO[against].nom} nicht.`,
      residual: (against) => `Was ${WHO[against].nom} hat und der Schüler nicht.`,
    },
    inside: (share) => `${share} dieser Karte liegen im wahren Umriss.`,
    rows: {
      left: 'Was bleibt, wenn das andere weggenommen wird (von beiden Seiten gleich)',
      relation: 'Zusammenhang mit den Labels',
      inside: (chance, n) => `Im wahren Umriss (Zufall ${chance}, ${images(n)})`,
    },
    caption: (n) => `Auf ${onImages(n)} zusammen`,
    columns: { distilled: 'destilliert', residual: 'zurückgeblieben' },
    measured: {
      title: 'Wie UniCAM gemessen wird',
      what: 'Man nimmt die Abstände zwischen den Bildern in den Merkmalen beider Netze, zentriert sie und nimmt aus der einen Matrix, was die andere erklärt. Was bleibt, P, wird mit den Abständen zwischen den Labels verglichen, und der Gradient dieser Zahl an den Merkmalskarten gewichtet ihre Kanäle wie bei Grad-CAM (UniCAM, Adhane et al. 2025, WACV; Distanzkorrelation: Székely & Rizzo 2014). Labels sind hier One-Hot-Vektoren; die Arbeit bettet die Namen der Klassen ein.',
      left: 'Was bleibt, ist ⟨P,P⟩/⟨A,A⟩, und das ist von beiden Seiten gleich; wo es liegt und wie es mit den Labels zusammenhängt, ist es nicht. Eine Karte hängt von den Bildern ab, mit denen zusammen ein Bild gesehen wurde: 64 Bilder, gleich viele jeder Klasse, das gewählte darunter. Energie ist der Anteil der Summe einer Karte, der im Umriss des Objekts liegt, der nur bei Shapes-32 bekannt ist; der Vergleich ist auf denselben Bildern gepaart, 95-%-Bootstrap-Intervall.',
    },
  },

  own: {
    invitation: 'Hier wird den drei Netzen ein eigenes Bild von Ihnen gezeigt, sobald sie geladen sind.',
    choose: 'Ein Bild wählen',
    camera: 'Ein Foto aufnehmen',
    drop: 'oder hier ablegen oder mit Strg+V einfügen. Es bleibt auf Ihrem Rechner.',
    way: 'Was zum Quadrat wird',
    crop: 'die Mitte',
    fit: 'alles, mit grauen Streifen',
    verb: 'Sie dazu befragen',
    noPicture: 'Es gibt noch kein Bild.',
    named: (name) => `„${name}“`,
    pasted: 'Das eingefügte Bild',
    yours: 'Ihr Bild',
    yoursAlt: (width, height) => `Ihr Bild, ${width} × ${height} Pixel`,
    seen: 'Was die Netze sehen',
    seenAlt: 'Ihr Bild in 32 × 32 Pixeln, wie die Netze es sehen',
    size: (width, height) => `${width} × ${height} Pixel`,
    sizes: '32 × 32 ist, was die Netze sehen: Jeder Pixel ist hier das Mittel des Teils Ihres Bildes, für den er steht. Was in dieser Größe nicht zu erkennen ist, können sie nicht wissen.',
    answersLabel: 'Was die drei Netze zu Ihrem Bild antworten',
    bars: 'Wahrscheinlichkeiten bei Temperatur 1',
    says: (who, name, probability) => `${WHO[who].nom} sagt ${name} (${probability})`,
    untrained: 'Schüler und Kontrolle sind noch nicht trainiert.',
    note: (count, classes, step, tap) => `Sie müssen mit einer ihrer ${count} Klassen antworten${classes ? `, ${classes}` : ''}: Bei einem Bild von etwas anderem tun sie das auch und können sich dabei sicher sein. Es ist ein einziges Bild, über die Netze wird damit nichts behauptet. Schritt ${step}, Abgriff ${tap}, Belege für die eigene Antwort jedes Netzes.`,
    none: 'Die Antwort steht hier, sobald ein Bild gewählt wurde.',
  },

  ownPicture: {
    large: (name, size, most) => `${name} hat ${size} MB; gelesen werden bis zu ${most} MB.`,
    unreadable: (name) => `${name} ließ sich nicht als Bild lesen. Browser lesen PNG, JPEG, WebP, GIF und meist auch AVIF.`,
    pixels: (name, width, height, most) => `${name} hat ${width} × ${height} Pixel; gelesen werden bis zu ${most} Millionen. Verkleinern Sie es zuerst.`,
  },

  ownFolder: {
    noPicture: 'In diesem Ordner liegt kein Bild im Ordner einer Klasse. Gebraucht werden Ordner wie cat/ und dog/ mit PNG- oder JPEG-Dateien darin.',
    tooMany: (count, most) => `In diesem Ordner liegen ${count} Bilder; gelesen werden bis zu ${most}.`,
    andOthers: (names) => `${names.join(', ')} und andere`,
    classes: (count, names) => `In diesem Ordner liegen ${f.plural(count, 'Klasse', 'Klassen')} (${names}). Die Netze haben 10 oder 100, gebraucht werden also 10 oder 100 Ordner.`,
    without: {
      train: (names) => `Es gibt keine Trainingsbilder von ${names}.`,
      test: (names) => `Es gibt keine Testbilder von ${names}.`,
    },
    every: (n) => `Jedes ${n}. Bild einer Klasse wird ein Testbild, eine Klasse braucht also mindestens ${n}.`,
  },

  folder: {
    label: 'Ein Ordner mit Bildern nach Klassen',
    help: 'Ein Ordner mit je einem Ordner von PNG- oder JPEG-Dateien für jede Klasse, oder mit train/ und test/ darüber; 10 oder 100 Klassen. Wählen Sie ihn oder legen Sie ihn hier ab. Jedes Bild wird in der Mitte zum Quadrat geschnitten und auf 32 × 32 Pixel gebracht. Die Bilder bleiben auf Ihrem Rechner.',
    known: 'Die Ordner heißen wie die Klassen des Datensatzes, sein Lehrer kennt sie also.',
    own: 'Die Ordner haben eigene Namen. Die Lehrer dieser Seite haben solche Klassen nie gesehen: Geben Sie auch die Gewichte eines eigenen Lehrers an, sonst ist von ihm nichts zu lernen.',
    clear: 'Leeren',
    reading: (done, total) => `Bilder werden gelesen: ${done} von ${total}.`,
    tooFew: (problem) => `Es sind zu wenige Bilder. ${problem}`,
    counts: (train, test, classes) => `${f.plural(train, 'Trainingsbild', 'Trainingsbilder')} und ${f.plural(test, 'Testbild', 'Testbilder')} aus ${classes} Klassen, verwendet ab dem nächsten Start.`,
    unreadable: (n, names) => `${f.plural(n, 'Datei ließ', 'Dateien ließen')} sich nicht als Bild lesen: ${names}.`,
    andOthers: (names) => `${names.join(', ')} und andere`,
    ignored: (n) => `${f.plural(n, 'andere Datei', 'andere Dateien')} übergangen.`,
  },

  fool: {
    verb: 'Sie angreifen',
    invitation: 'Hier wird ein Bild um höchstens ε so verändert, dass ein Netz irrt, und alle drei Netze beurteilen es. Das geht, sobald die Netze geladen sind, vor, während und nach dem Training.',
    verdictsLabel: 'Urteile vorher und nachher',
    ratesLabel: 'Täuschungsraten',
    whom: 'Wer angegriffen wird',
    norm: { legend: 'ε begrenzt', linf: 'jeden Wert (L∞)', l2: 'das ganze Bild (L2)' },
    start: { legend: 'Beginnt beim', image: 'Bild (I-FGSM)', random: 'Zufall (PGD)' },
    dial: {
      label: 'Stärke ε',
      value: (strength) => `${strength} Zweihundertfünfundfünfzigstel`,
      help: 'Wie viel sich ändern darf. 8/255 je Wert ist bei CIFAR-10 üblich; man sieht es kaum.',
    },
    way: (attack, source, steps, norm, epsilon, step, seed) => `${attack} auf ${WHO[source].acc}, ${f.plural(steps, 'Angriffsschritt', 'Angriffsschritte')}, ${norm}, ε = ${epsilon}/255, Schritt ${step}, Seed ${seed}.`,
    many: 'Auf vielen Bildern',
    none: 'Die Antwort steht hier, sobald viele Bilder angegriffen wurden.',
    clean: 'Das Bild',
    change: 'Die Änderung',
    changeTimes: (times) => `Die Änderung, × ${times}`,
    changeAlt: (times) => `Änderung durch den Angriff, ${times}-fach`,
    aim: (source) => `Grau ist unverändert. Zielt auf ${WHO[source].acc}.`,
    adversarial: 'Angegriffen',
    adversarialAlt: 'Das angegriffene Bild',
    noise: 'Rauschen',
    noiseAlt: 'Das Bild mit zufälligem Rauschen',
    imageOf: (index, name) => `Testbild ${index}: ${name}`,
    label: (name) => `Label: ${name}`,
    changed: {
      linf: (epsilon) => `Jeder Wert um höchstens ${epsilon}/255 verändert`,
      l2: (epsilon) => `Im quadratischen Mittel um ${epsilon}/255 verändert`,
      noise: (epsilon) => `Jeder Wert zufällig um ${epsilon}/255 verändert`,
    },
    verdicts: (label) => `Was jedes Netz sagt und wie sicher es ist; das Label ist ${label}`,
    right: 'richtig',
    wrong: 'falsch',
    fooled: 'getäuscht',
    moved: 'geändert',
    kept: 'bleibt',
    rates: (epsilon, norm, source, a, b) => `Wie oft sich eine Vorhersage bei ε = ${epsilon}/255 (${norm}) ändert. ${WHO[source].name}: von allen Bildern. ${WHO[a].name} und ${WHO[b].name}: von den Bildern, auf denen der Angriff ${WHO[source].acc} täuschte. In Klammern 95-%-Intervalle.`,
    attack: 'Angriff',
    aimed: (letter) => `zielt auf ${letter}`,
    sameSize: 'gleich groß',
    by: {
      linf: (epsilon) => `Änderungen von höchstens ${epsilon}/255`,
      l2: (epsilon) => `einer Änderung von ${epsilon}/255 im quadratischen Mittel`,
    },
    stays: (who, name) => `${WHO[who].nom} bleibt bei ${name}`,
    goes: (who, from, to) => `${WHO[who].nom} wechselt von ${from} zu ${to}`,
    outcome: (by, source, outcomes) => `Bei ${by} gegen ${WHO[source].acc} gilt: ${outcomes.join(', ')}.`,
    noiseNone: 'Zufälliges Rauschen dieser Größe ändert keine der drei Antworten.',
    noiseSome: (changed) => `Zufälliges Rauschen dieser Größe ändert die Antwort ${f.list(changed.map((who) => WHO[who].gen))}.`,
    untrained: 'Schüler und Kontrolle sind noch nicht trainiert.',
  },

  sweep: {
    question: 'Wie wächst es?',
    about: 'Derselbe Angriff mit wachsender Stärke. Wurden Schwachstellen geerbt und nicht nur Weichheit, so liegt die Kurve des Schülers über der der Kontrolle und weit über dem Rauschen.',
    title: 'Getäuscht, nach der Stärke des Angriffs',
    empty: 'Getäuscht, nach der Stärke des Angriffs. Noch nicht berechnet.',
    verb: 'Die Kurve zeichnen',
    images: 'Bilder je Stärke',
    way: (attack, norm, n, step, seed) => `${attack}, ${norm}, ${images(n)}, Schritt ${step}, Seed ${seed}.`,
    none: 'Die Antwort steht hier, sobald die Kurve gezeichnet ist.',
    attack: (who) => `${who}, Angriff`,
    noise: (who) => `${who}, Rauschen`,
    all: (who) => `${who}, alle Bilder`,
    one: (who, attack, noise) => `${who} ${attack}, unter Rauschen ${noise}`,
    last: (epsilon, attacked, source, told) => `Bei ε = ${epsilon}/255, von ${onImages(attacked)}, ${attacked === 1 ? 'das' : 'die'} ${WHO[source].acc} ${attacked === 1 ? 'täuschte' : 'täuschten'}: ${told}.`,
    epsilon: 'ε in 1/255',
    difference: 'Differenz',
    caption: (source) => `Getäuscht, nach der Stärke des Angriffs: von den Bildern, die ${WHO[source].acc} bei der jeweiligen Stärke täuschten, in Klammern 95-%-Intervalle`,
    axis: 'ε in 1/255. Schattiert: 95-%-Intervall. Gepunktet: Rauschen derselben Größe.',
  },

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
    correlations: 'Korrelationen seiner Wahrscheinlichkeiten',
    cosines: 'Kosinus in der letzten Schicht',
    empty: (who) => `${who}: noch nicht berechnet`,
    label: (who, what, k) => `${who}: ${what}, ${k} × ${k} Klassen; die Tabelle darunter nennt die Zahlen`,
    colours: (limit) => `Orange ist ähnlich, Violett das Gegenteil, bis ±${limit}; umrandet: mindestens die Hälfte davon.`,
    constant: 'Leer: eine Klasse, die sich nie ändert.',
  },

  regions: {
    share: (share) => `Wie der Lehrer an ${share} der Punkte.`,
    teacher: 'Seine Grenzen sind die gestrichelten Linien in den beiden anderen.',
    part: (name, share) => `${name} auf ${share}`,
    label: (who, parts) => `${WHO[who].name}: ${parts.join(', ')} der Ebene`,
    empty: (who) => `Ebene ${WHO[who].gen}: noch nicht berechnet`,
  },

  ranges: {},

  examples: {
    view: (label, number) => `${label}, Ansicht ${number}`,
  },

  changed: {
    on: 'ein',
    off: 'aus',
    none: 'keine',
    fromQuestion: (n, question) => `${n} anders als in der Frage „${question}“`,
    fromDefaults: (n) => `${n} anders als die Vorgaben`,
    inPlace: (label, value, usual) => `${label}: ${value} statt ${usual}`,
    backToQuestion: 'Zurück zu den Einstellungen der Frage',
    backToDefaults: 'Zurück zu den Vorgaben',
  },

  choices: {
    table: 'Als Tabelle',
    tableOf: (name) => `${name} als Tabelle`,
  },

  figures: {},

  plot: {},

  draw: {},

  take: {},

  results: {},

  script: {},
};
