/** Deutsch. One section a module; the sections stand in the order of the page. */
export default {
  page: {},

  header: {
    languages: 'Andere Sprachen',
  },

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

  embed: {
    title: 'kd-lens: Wissensdestillation zum Ausprobieren',
    loading: 'kd-lens wird geladen.',
    whole: 'Die ganze Seite mit diesen Einstellungen',
    newTab: ' (öffnet einen neuen Tab)',
    credit: 'kd-lens trainiert diese Netze auf Ihrem eigenen Rechner. ',
    noArticle: (status) => `Der Artikel konnte nicht geladen werden: Der Server antwortete ${status}.`,
    noSheet: (href) => `Die Formatvorlage ${href} konnte nicht geladen werden.`,
    quoted: (name) => `„${name}“`,
    cannotBe: (name, text, usual, choices) => `„${name}“ kann nicht „${text}“ sein; es ist ${usual}. Möglich sind: ${choices}.`,
    strange: (name, entries, known) => `„${name}“ nennt ${entries}; das gibt es nicht und wurde übergangen. Es gibt: ${known}.`,
    source: 'Die umgebende Seite',
  },

  studied: {},

  print: {},

  terms: {},

  names: {},

  article: {
    title: 'Was lernt ein Schüler-Netz von seinem Lehrer? · kd-lens',
    description: 'Destillieren Sie im Browser ein kleines Netz aus einem großen, neben einer Kontrolle, die dem Lehrer nie begegnet, und sehen Sie, wohin die drei schauen, was sie täuscht und was sie nicht beachten.',
    skip: 'Zum Experiment springen',
    openingTitle: 'Was lernt ein Schüler-Netz von seinem Lehrer?',
    lede: 'Ein großes, trainiertes Netz, der <strong>Lehrer</strong>, kann ein kleines trainieren, den <strong>Schüler</strong>, indem es ihm mehr zeigt als die richtige Antwort: wie sicher es sich jeder falschen ist. Das heißt <em>Wissensdestillation</em>. Auf dieser Seite tun Sie es selbst, neben einem Zwilling des Schülers, der dem Lehrer nie begegnet, und fragen dann die drei Netze, was der Unterricht geändert hat.',
    schemeLabel: 'Ein Batch von Bildern geht an Lehrer, Schüler und Kontrolle. Der Loss des Schülers vergleicht seine Ausgabe mit den Labels und mit den weichen Zielen des Lehrers. Der Loss der Kontrolle vergleicht ihre Ausgabe mit den Labels allein.',
    schemeImages: 'dieselben Bilder',
    schemeTeacher: 'Lehrer',
    schemeStudent: 'Schüler',
    schemeControl: 'Kontrolle',
    schemeSoft: 'weiche Ziele',
    schemeStudentLoss: 'Schüler-Loss',
    schemeControlLoss: 'Kontroll-Loss',
    schemeLabels: 'Labels',
    schemeCaption: 'Schüler und Kontrolle sind dasselbe kleine Netz mit denselben ersten Gewichten, und sie sehen dieselben Bilder in derselben Reihenfolge. Nur der Schüler sieht auch die <em>weichen Ziele</em> des Lehrers. Was sie am Ende unterscheidet, kommt also vom Lehrer oder vom Zufall, und jede Antwort sagt, wie weit der Zufall reichen kann.',
    noScript: 'Diese Seite trainiert Netze und braucht dazu JavaScript. Der Artikel lässt sich ohne lesen.',
    teachTitle: '<span class="number">1</span> Lehren',
    teachIntro: 'Unten stehen viele Arten des Lehrens zur Wahl; die älteste kommt zuerst. Bei ihr wird der Schüler mit einer gewichteten Summe zweier Losses trainiert. Die <a class="term" id="use-cross-entropy" href="#term-cross-entropy">Kreuzentropie</a> CE verlangt, dass er beim Label y richtig liegt. Die <a class="term" id="use-divergence" href="#term-divergence">Kullback-Leibler-Divergenz</a> KL verlangt, dass er auf dieselbe Weise unsicher ist wie der Lehrer: Die Ausgaben beider Netze, die <a class="term" id="use-logits" href="#term-logits">Logits</a> s und t, werden durch eine <a class="term" id="use-temperature" href="#term-temperature">Temperatur</a> T geteilt, bevor sie zu Wahrscheinlichkeiten werden, damit auch die kleinen zu sehen sind. Das Gewicht α sagt, wie viel der Lehrer zählt.',
    seedsTitle: 'Wie viel davon ist Zufall?',
    seedsIntro: 'Ein Lauf ist ein <em>Seed</em>: ein Satz erster Gewichte, eine Reihenfolge der Bilder. Ein anderer Seed gibt andere Zahlen. Hier laufen dieselben Einstellungen mit mehreren Seeds nacheinander, und der Unterschied zwischen Schüler und Kontrolle wird daran gemessen, wie sehr er von Seed zu Seed schwankt.',
    measured: 'Wie das gemessen wird',
    seedsMeasured: '<strong>Genauigkeit</strong> ist der Anteil der Testbilder, deren größtes Logit das des Labels ist. <strong>Übereinstimmung</strong> ist der Anteil, bei dem ein Netz dieselbe Klasse vorhersagt wie der Lehrer, richtig oder falsch. Hinter jedem Anteil stehen seine Anzahl und ein 95-%-<a class="term" id="use-interval" href="#term-interval">Intervall</a> nach Wilson. Wo zwei solche Intervalle sich nicht überlappen, behauptet die Seite einen Unterschied, sonst sagt sie „kein Unterschied zu sehen“; das ist eine vorsichtige Regel, denn beide Netze werden zu denselben Bildern gefragt. Ein Lauf ist ein <a class="term" id="use-seed" href="#term-seed">Seed</a>: Ein anderer Seed gibt andere Zahlen. Bei mehreren Seeds gibt jeder einen Unterschied Schüler − Kontrolle; neben ihrem Mittel steht das 95-%-Intervall nach Student mit n − 1 Freiheitsgraden, wie in den Studien des Repositorys.',
    seedsMeasured2: 'Der Loss der ersten Methode ist der von Hinton, Vinyals &amp; Dean 2015; die Quellen der anderen stehen unter ihren Namen in den Einstellungen. Der Faktor T² hält den Gradienten des weichen Teils so groß wie den des harten, wenn T sich ändert. Die Kontrolle wird mit CE allein trainiert, mit Gewicht 1.',
    lookTitle: '<span class="number">2</span> Wohin schauen sie?',
    lookIntro: 'Grad-CAM fragt ein Netz: Welche Stellen des Bildes haben den Score dieser Klasse gehoben? Wenn der Schüler von seinem Lehrer mehr gelernt hat als Antworten, sollten seine Karten denen des Lehrers ähnlicher sein als die der Kontrolle.',
    lookMeasured: 'Mit A, den Merkmalskarten am gewählten <a class="term" id="use-tap" href="#term-tap">Abgriff</a>, und z, dem Score der Klasse, ist das Gewicht des Kanals c w<sub>c</sub> = Mittel über die Stellen von ∂z/∂A<sub>c</sub>, und die Karte ist ReLU(Σ<sub>c</sub> w<sub>c</sub>·A<sub>c</sub>) (Selvaraju et al. 2017). Eine Karte ist so groß wie ihr Abgriff: f3 eines CIFAR-ResNets hat 8 × 8 Stellen, also steht eine Zelle für 4 × 4 Pixel und mehr; Feineres ist nicht bekannt. Zwei Karten werden durch den <a class="term" id="use-cosine" href="#term-cosine">Kosinus</a> ihrer Zellen verglichen, der nicht von ihrer Skala abhängt.',
    lookMeasured2: 'Über viele Bilder: der Anteil, bei dem cos(T, S) &gt; cos(T, C), für die Klasse des Labels, wie bei Ojha et al. 2023, §4.1. Bilder, auf denen eine Karte überall null ist, haben keinen Kosinus und werden als ausgelassen gezählt. Hätte der Lehrer nichts geändert, läge der Anteil nahe 50 %.',
    lookMeasured3: 'Bei Shapes-32 ist der wahre Umriss jedes Objekts bekannt. Eine Karte, auf 32 × 32 vergrößert, wird zweimal daran gehalten: Welcher Anteil ihrer Summe liegt innerhalb, und liegt ihr höchster Punkt darin (das <em lang="en">pointing game</em>, Zhang et al. 2018)? Eine Karte ohne jede Ahnung hätte so viel darin, wie das Objekt bedeckt. Schüler und Kontrolle werden auf denselben Bildern verglichen, mit dem 95-%-Intervall des gepaarten <a class="term" id="use-bootstrap" href="#term-bootstrap">Bootstraps</a> (Efron 1979).',
    ownTitle: 'Und ein Bild von Ihnen?',
    ownIntro: 'Zeigen Sie ihnen irgendetwas: Sie sehen es, wie sie ihre Testbilder sehen, und jedes muss mit einer Klasse antworten, die es kennt.',
    foolTitle: '<span class="number">3</span> Was täuscht sie?',
    foolIntro: 'Eine Änderung, die für Sie zu klein ist, um zu zählen, kann ein Netz umstimmen, wenn sie gezielt ist. Hier zielt sie allein auf den <em>Lehrer</em>, solange Sie nichts anderes wählen. Hat der Schüler die Schwachstellen des Lehrers geerbt, dann sollte dasselbe Bild ihn öfter täuschen als die Kontrolle, die dem Lehrer nie begegnet ist. Zufälliges Rauschen gleicher Größe zeigt, wie viel davon bloß Rauschen ist.',
    foolMeasured: 'Der Angriff ist I-FGSM (Kurakin et al. 2017): fünf Schritte von ε/4 entlang dem Vorzeichen des <a class="term" id="use-gradient" href="#term-gradient">Gradienten</a> der Kreuzentropie des angegriffenen Netzes, nach jedem zurückgeholt auf ±ε um das Bild und auf [0, 1]. PGD (Madry et al. 2018) ist dasselbe von einem zufälligen Anfang aus. Bei L2 folgt der Schritt dem Gradienten selbst, und ε ist das quadratische Mittel der Änderung, sodass ein ε eine Menge Rauschen ist. ε steht in Einheiten von 1/255, einer Stufe eines 8-Bit-Pixels; die Netze normieren innen, also bedeutet es für jedes dasselbe.',
    foolMeasured2: '<em>Getäuscht</em> heißt, dass die Vorhersage eines Netzes von seiner eigenen auf dem sauberen Bild abweicht. Die beiden anderen werden nur zu den Bildern gefragt, die das angegriffene getäuscht haben, wie bei Ojha et al. 2023, §4.2. Das Rauschen ist zufällig ±ε für jedes Pixel und jeden Kanal, auf denselben Bildern. Der Unterschied ist der auf denselben Bildern, mit dem 95-%-Intervall des gepaarten Bootstraps (Efron 1979, 2.000 Ziehungen); er wird behauptet, wo dieses Intervall die Null ausschließt.',
    ignoreTitle: '<span class="number">4</span> Was beachten sie nicht?',
    ignoreIntro: 'Ein Netz, das gelernt hat, dass die Farbe nicht zählt, gibt dieselbe Antwort, wenn die Farben sich ändern. Solche <em>Invarianzen</em> stehen in keinem Label. Hat der Schüler sie von seinem Lehrer, dann sollte er seine Antworten behalten, wo der Lehrer die seinen behält, und bei Bildern einer Art, die keinem gezeigt wurde, dem Lehrer folgen.',
    invarianceTitle: 'Welche Änderungen lassen ihre Antworten, wie sie waren?',
    invarianceIntro: 'Dieselben Bilder werden mehr und mehr verändert. Wie oft antwortet jedes Netz noch, was es vorher geantwortet hat? Eine Antwort zu behalten ist noch kein Verdienst, denn ein Netz, das auf alles dasselbe sagt, behält sie alle. Deshalb steht daneben, wie oft die Antworten richtig sind.',
    invarianceMeasured: '<em>Behalten</em> ist der Anteil der Bilder, deren vorhergesagte Klasse vorher und nachher dieselbe ist. Bei Ausschnitten und Verschiebungen werden zwei veränderte Ansichten eines Bildes miteinander verglichen, wie bei Ojha et al. 2023, §4.3. Eine Änderung wird für jedes Bild neu gezogen und ist für die drei Netze und, bis auf ihre Größe, bei jeder Stärke dieselbe.',
    invarianceMeasured2: '<em>Dieselbe Antwort wie der Lehrer</em> wird allein auf den veränderten Bildern gefragt, richtig oder falsch. Balken und Fehlerbalken sind 95-%-Intervalle nach Wilson. Schüler und Kontrolle werden auf denselben Bildern verglichen, mit dem 95-%-Intervall des gepaarten Bootstraps. Bei zwanzig Vergleichen schließt etwa einer die Null allein durch Zufall aus.',
    domainsTitle: 'Stimmen sie überein, wo keiner unterrichtet wurde?',
    domainsIntro: 'Kein Netz hier wurde mit Silhouetten oder mit Kanten trainiert, also sagt kein Label, was zu antworten ist. Gibt der Schüler selbst dort die Antwort des Lehrers, richtig oder falsch, dann hat er mehr übernommen als die Aufgabe.',
    domainsMeasured: 'Übereinstimmung ist der Anteil der Bilder einer Domäne mit derselben vorhergesagten Klasse wie beim Lehrer: der <span lang="en">consensus score</span> von Ojha et al. 2023, §4.4. Deren Domänen sind die von Geirhos et al. 2019; hier werden sie aus den Testbildern gemacht. Ein stilisiertes Bild behält seine Phase und bekommt die Amplituden eines Bildes einer anderen Klasse, was kein neuronaler Stiltransfer ist. Zwei Netze, die auf alles dasselbe antworten, stimmen auch überein: Die Tabelle der richtigen Antworten zeigt, ob es so ist.',
    shapeTitle: 'Nach Form oder nach Textur?',
    shapeIntro: 'Wo der Umriss eine Klasse sagt und die Füllung eine andere, muss ein Netz wählen. Wählt der Schüler wie sein Lehrer?',
    whyTitle: '<span class="number">5</span> Warum?',
    whyIntro: 'Sechs Wege, hinter die Antworten zu sehen: wie treu der Schüler seinen Lehrer wiederholt, was die weichen Ziele aus jedem Bild und jedem Paar von Klassen gemacht haben, wo die Grenzen zwischen den Klassen verlaufen, welche Schichten sich gleichen, ob das Destillierte von Nutzen ist und was die Abbildung zwischen den Merkmalen der beiden Netze behalten hat.',
    fidelityTitle: 'Wiederholt der Schüler seinen Lehrer?',
    fidelityIntro: '<em>Übereinstimmen</em> ist mehr, als ebenso genau zu sein. Hier werden Schüler und Kontrolle mit dem Lehrer verglichen: Geben sie dieselben Antworten, mit denselben Wahrscheinlichkeiten, aus denselben Pixeln? Und weiß jedes Netz, wie oft es richtig liegt?',
    fidelityMeasured: 'Übereinstimmung ist der Anteil der Bilder mit derselben vorhergesagten Klasse; die Divergenz ist KL(p<sub>T</sub> ‖ p) bei Temperatur 1, in Nats (Treue: Stanton et al. 2021). Zwei Genauigkeiten a und b allein lassen eine Übereinstimmung zwischen max(0, a + b − 1) und 1 − |a − b| zu. κ ist das von Cohen: Übereinstimmung im Rechthaben über das hinaus, was die beiden Genauigkeiten durch Zufall ergeben (Geirhos et al. 2020). <em>Eingabegradienten</em> sind die der Kreuzentropie des Labels an den Pixeln; ihr Kosinus mit denen des Lehrers ist ein Maß von uns.',
    fidelityMeasured2: 'Das Diagramm ordnet die Bilder nach der höchsten Wahrscheinlichkeit in 15 gleich breite Klassen. Eine Marke auf der Diagonale weiß, was sie weiß; ihre Fläche ist die Zahl der Bilder, ihre Linie der Fehler. Der erwartete Kalibrierungsfehler ist die mittlere Länge dieser Linien, gewichtet nach Bildern (Guo et al. 2017). Unterschiede sind auf denselben Bildern gepaart, mit 95-%-Bootstrap-Intervallen.',
    rescalingTitle: 'Was ändern weiche Ziele?',
    rescalingIntro: 'Gegenüber bloßen Labels drücken weiche Ziele auf manche Bilder stärker als auf andere, und sie sagen, welche falschen Klassen <em>weniger</em> falsch sind. Beides lässt sich sehen: ein Faktor für jedes Bild und ein Quadrat aller Paare von Klassen.',
    rescalingMeasured: 'Mit q, der Wahrscheinlichkeit der richtigen Klasse y beim Netz, und p, der beim Lehrer, und ᵀ für die bei Temperatur T ist der Gradient bei y der von bloßen Labels mal w = (1 − α) + α·T·(pᵀ<sub>y</sub> − qᵀ<sub>y</sub>)/(1 − q<sub>y</sub>) (abgeleitet aus Tang et al. 2020, Proposition 1, mit dem Faktor T²). Unter null ziehen die weichen Ziele das Netz zurück. Die Korrelation ist die von Spearman, ihr 95-%-Intervall das von Bonett &amp; Wright 2000.',
    rescalingMeasured2: 'Die Varianten der Ziele: Label Smoothing mit ε = 0,1; nur die Wahrscheinlichkeit der richtigen Klasse beim Lehrer, der Rest gleichmäßig verteilt; nur sein wahrscheinlichstes Viertel der Klassen, auf 1 skaliert (Tang et al. 2020). Die Quadrate: Korrelationen zwischen Klassen der Wahrscheinlichkeiten des Lehrers bei T über die Bilder (dort §4.2) und Kosinus zwischen den Zeilen der letzten Schichten; ihre Rangkorrelation geht über Paare verschiedener Klassen. Diese Paare teilen sich Klassen und sind nicht unabhängig, sodass ihr Intervall eher zu eng als zu weit ist.',
    boundaryTitle: 'Wo ziehen sie die Grenze?',
    boundaryIntro: 'Drei Testbilder verschiedener Klassen spannen eine Ebene von Mischungen zwischen ihnen auf. Gefärbt nach dem, was jedes Netz sagt, wird sie zu einer Karte seiner Klassen. Sieht die Karte des Schülers aus wie die seines Lehrers?',
    boundaryMeasured: 'Die Ebene geht durch die drei Bilder und reicht um ein Zehntel ihrer Ausdehnung über sie hinaus (Somepalli et al. 2022). Ihre Punkte sind Mischungen von Pixeln, von denen die meisten keinem Foto gleichen, und manche verlassen den Bereich der Pixel. Der Score einer Ebene ist der Anteil ihrer Punkte, an denen ein Netz vorhersagt, was der Lehrer vorhersagt (Ojha et al. 2023, §6). Benachbarte Punkte sind nicht unabhängig, deshalb werden für das Intervall nur die Ebenen neu gezogen, 95 %, gepaart. Das Bild streckt beide Achsen, bis sein Kasten gefüllt ist.',
    layersTitle: 'Welche Schichten gleichen sich?',
    layersIntro: 'Zwei Netze können am Ende übereinstimmen und auf dem Weg doch verschieden sehen. Hier wird jede Schicht des Lehrers mit jeder Schicht von Schüler und Kontrolle verglichen: Ordnen sie dieselben Bilder auf dieselbe Weise?',
    layersMeasured: 'Lineare CKA ohne Verzerrung (Kornblith et al. 2019) über Batches von 32 Bildern (Nguyen et al. 2021): 1, wo zwei Schichten die Bilder bis auf Drehung und Skala gleich ordnen, 0, wo sie nichts gemeinsam haben; die unverzerrte Form kann ein wenig darunter fallen. Karten werden vorher auf höchstens 4 × 4 Stellen gemittelt, das ist von uns. Netze einer Familie werden an derselben Stelle verglichen: f0 mit f0 und so weiter.',
    relevanceTitle: 'Ist das Destillierte von Nutzen?',
    relevanceIntro: 'Wie der Lehrer zu werden ist eines; zu gewinnen, was Klassen zu unterscheiden hilft, ein anderes. Zwei Scores halten sie auseinander: wie ähnlich die Merkmale denen des Lehrers sind und wie gut die Abstände zwischen Bildern den Abständen zwischen ihren Labels folgen.',
    relevanceMeasured: 'Der <span lang="en">feature similarity score</span> und der <span lang="en">relevance score</span> sind die von Adhane et al. 2025, auf der Distanzkorrelation (Székely &amp; Rizzo 2014). <em>Destilliert</em> ist, was von den gemittelten Merkmalen des Schülers bleibt, nachdem herausgenommen ist, was die Kontrolle erklärt, <em>zurückgelassen</em> dasselbe andersherum. Scores werden in Batches von 32 Bildern berechnet, von jeder Klasse gleich viele, und ein Batch ist die Einheit jedes Intervalls (gepaarter Bootstrap, 95 %). Bei „wie in der letzten Schicht des Lehrers“ liegen Klassen so weit auseinander wie ihre Zeilen darin; die Arbeit nimmt die Namen der Klassen.',
    projectorTitle: 'Was behält der Projektor?',
    projectorIntro: 'Die Methode SRD vergleicht Merkmale, und wo Schüler und Lehrer Vektoren verschiedener Länge haben, steht eine Matrix W zwischen ihnen, der <em>Projektor</em>. Auch er lernt, und was er durchlässt, ist das, was sich destillieren lässt.',
    projectorMeasured: 'Die Singulärwerte von W sagen, wie stark jede Richtung weitergegeben wird. Der effektive Rang ist exp der Entropie ihrer Anteile: 1, wo eine Richtung alles hat, ihre Zahl, wo alle gleich sind. Mit C<sub>s</sub> und C<sub>st</sub>, den Korrelationen der Merkmale des Schülers mit sich selbst und mit denen des Lehrers, bewegt der einfache quadratische Abstand W um C<sub>st</sub> − C<sub>s</sub>·W; der Abstand von der Ruhe ist die Größe davon, geteilt durch die Größe von C<sub>st</sub> (Miles &amp; Mikolajczyk 2024, §3).',
    takeTitle: '<span class="number">6</span> Zum Mitnehmen',
    takeIntro: 'Was hier berechnet wurde, gehört Ihnen: ein Link zu genau diesem Lauf, die Gewichte der drei Netze, jede gefundene Zahl, jede Abbildung und ein Skript, das den Lauf in PyTorch wiederholt.',
    takeFiles: 'Was in den Dateien steht',
    takeMeasured: 'Gewichte sind Safetensors unter den Namen von PyTorch, 32-Bit-Gleitkommazahlen. Die JSON-Datei enthält die Einstellungen, den Seed, die Version der Engine, welche Engine gerechnet hat und warum, jede Auswertung, die Losses und zu jeder gestellten Frage die Antwort und den Bericht dahinter. Die CSV-Datei enthält dieselben Zahlen, eine je Zeile, mit den Enden der 95-%-Intervalle und n, wo es sie gibt. Eine SVG-Datei enthält die Zahlen ihres Textzwillings als Metadaten, und ihre Beschreibung ist der Alternativtext; PNG-Dateien tragen denselben Text.',
    takeMeasured2: 'Das Skript erzeugt dieselben Zufallszahlen wie die Engine, sodass die Bilder in derselben Reihenfolge mit denselben Ausschnitten kommen. Es liest die Bilder, den Lehrer und die ersten Gewichte aus Dateien. Die Losses der ersten Schritte stimmen auf etwa 0,001 überein; danach treibt das Runden je zwei Berechnungen eines Trainings auseinander, und die Genauigkeiten unterscheiden sich durch Zufall.',
    wordsTitle: 'Wörter',
    termBatch: 'Batch, Schritt, Epoche',
    termBatchText: 'Bilder werden in Batches gezeigt; nach jedem werden die Gewichte ein wenig geändert, das ist ein Schritt. Eine Epoche ist vorbei, wenn jedes Trainingsbild einmal gezeigt wurde.',
    termBootstrap: 'Bootstrap',
    termBootstrapText: 'Immer wieder aus den vorhandenen Bildern ziehen, um zu sehen, wie sehr eine Zahl sich mit anderen Bildern ändern würde. Gepaart: Schüler und Kontrolle werden immer auf denselben Bildern gezogen. <a href="#use-bootstrap">Wo es zuerst steht<span class="visually-hidden">: Bootstrap</span></a>',
    termCosine: 'Kosinus',
    termCosineText: 'Wie sehr zwei Listen von Zahlen in dieselbe Richtung zeigen: 1 dieselbe, 0 nichts gemeinsam, −1 entgegengesetzt. Ihre Größen zählen nicht. <a href="#use-cosine">Wo es zuerst steht<span class="visually-hidden">: Kosinus</span></a>',
    termCrossEntropy: 'Kreuzentropie',
    termCrossEntropyText: 'Das Mittel von −log der Wahrscheinlichkeit, die ein Netz der richtigen Klasse gab: 0, wo es sicher und richtig war, groß, wo es sicher und falsch war. <a href="#use-cross-entropy">Wo es zuerst steht<span class="visually-hidden">: Kreuzentropie</span></a>',
    termGradient: 'Gradient',
    termGradientText: 'In welche Richtung und wie stark eine Zahl sich ändert, wenn das, wovon sie abhängt, ein wenig geändert wird: der Loss mit den Gewichten oder der Score einer Klasse mit den Pixeln. <a href="#use-gradient">Wo es zuerst steht<span class="visually-hidden">: Gradient</span></a>',
    termInterval: 'Intervall, 95 %',
    termIntervalText: 'Der Bereich, der in neunzehn von zwanzig solchen Messungen die Zahl enthält, die alle Bilder zusammen ergäben. Weniger Bilder, weiteres Intervall. <a href="#use-interval">Wo es zuerst steht<span class="visually-hidden">: Intervall, 95 %</span></a>',
    termDivergence: 'Kullback-Leibler-Divergenz',
    termDivergenceText: 'Wie weit eine Liste von Wahrscheinlichkeiten von einer anderen entfernt ist: 0, wo sie gleich sind. In Nats, denn ihr Logarithmus ist der natürliche. <a href="#use-divergence">Wo es zuerst steht<span class="visually-hidden">: Kullback-Leibler-Divergenz</span></a>',
    termLearningRate: 'Lernrate',
    termLearningRateText: 'Wie groß ein Schritt der Gewichte entlang dem Gradienten ist. Hier steigt sie über das erste Zwanzigstel eines Laufs und fällt dann.',
    termLogits: 'Logits',
    termLogitsText: 'Die Zahlen, eine je Klasse, die ein Netz gibt, bevor sie zu Wahrscheinlichkeiten werden. <a href="#use-logits">Wo es zuerst steht<span class="visually-hidden">: Logits</span></a>',
    termSeed: 'Seed',
    termSeedText: 'Die Zahl, die alles Zufällige eines Laufs festlegt: erste Gewichte, Reihenfolge der Bilder, Ausschnitte und Spiegelungen. Derselbe Seed gibt denselben Lauf. <a href="#use-seed">Wo es zuerst steht<span class="visually-hidden">: Seed</span></a>',
    termSoftmax: 'Softmax',
    termSoftmaxText: 'Was aus Logits Wahrscheinlichkeiten macht: e wird mit jedem potenziert, und alle Ergebnisse werden durch ihre Summe geteilt.',
    termTap: 'Abgriff',
    termTapText: 'Eine Stelle in einem Netz, an der seine Merkmale gelesen werden: f0 nach der ersten Schicht, dann einer nach jeder Stufe. <a href="#use-tap">Wo es zuerst steht<span class="visually-hidden">: Abgriff</span></a>',
    termTemperature: 'Temperatur',
    termTemperatureText: 'Wodurch Logits vor dem Softmax geteilt werden. Über 1 rücken die Wahrscheinlichkeiten zusammen, damit auch kleine zu sehen sind; bei 1 sind sie die des Netzes selbst. <a href="#use-temperature">Wo es zuerst steht<span class="visually-hidden">: Temperatur</span></a>',
    sourcesTitle: 'Quellen',
    licence: 'Alles wird auf Ihrem Rechner berechnet; nichts von dem, was Sie hier tun, verlässt ihn. kd-lens ist freie Software, MIT oder Apache-2.0.',
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
