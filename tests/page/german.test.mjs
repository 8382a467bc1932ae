// The German sentences where grammar is tricky: plurals, cases, verdicts, numbers with a comma. Plain functions, tested without a
// browser, as a reader's browser with a German link would load them.
import assert from 'node:assert/strict';
import { test } from 'node:test';

const put = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
put('document', { documentElement: { dataset: {} } });
put('location', new URL('https://example.invalid/?lang=de'));
put('navigator', { languages: [] });
const [{ language, words }, format, answers, ignore, seeds, why, { wilson }, { className }] = await Promise.all(
  ['words', 'format', 'answers', 'answers-ignore', 'answers-seeds', 'answers-why', 'rates', 'classes'].map((name) => import(`../../www/js/${name}.js`)),
);

const plain = (text) => text.replaceAll('\u00a0', ' ');
const told = (answer) => plain(Object.values(answer).join(' '));
const VERDICTS = ['higher', 'noDifference', 'lower', 'unknown'];
const three = (teacher, student, control) => ({ teacher, student, control });
/** A made-up comparison with a verdict, as the engine reports it. */
const compared = (verdict, n = 64) => {
  const [low, high] = { higher: [0.1, 0.3], noDifference: [-0.1, 0.3], lower: [-0.3, -0.1], unknown: [null, null] }[verdict];
  return { n, student: 0.5, control: 0.4, difference: { higher: 0.2, noDifference: 0.1, lower: -0.2, unknown: 0.1 }[verdict], low, high, verdict };
};

test('numbers have a decimal comma, thousands a point, differences their sign', () => {
  assert.equal(language, 'de');
  assert.equal(format.integer(12800), '12.800');
  assert.equal(plain(format.percentWithInterval(wilson(610, 1000))), '61,0 % (57,9–64,0)');
  assert.equal(plain(format.percentWithInterval(wilson(122, 200))), '61 % (54–67)');
  assert.equal(format.countOf({ count: 122, n: 2000 }), '122 von 2.000');
  assert.equal(format.points({ difference: 0.03, low: 0.002, high: 0.06 }), '+3,0 Prozentpunkte (+0,2 bis +6,0)');
  assert.equal(format.gap({ difference: -0.3, low: -0.4, high: -0.2 }), '−0,30 (−0,40 bis −0,20)');
  assert.equal(format.correlation({ rho: 0.5, low: -0.1, high: 0.7 }), '0,50 (−0,10 bis 0,70)');
  assert.deepEqual([format.number(-0.001), format.number(-1.5, 1), format.short(1234.5), format.short(0.01234), format.written(0.05)], ['0,00', '−1,5', '1.235', '0,0123', '0,05']);
  assert.equal(plain(format.bytes(18.4e6)), '18,4 MB');
  assert.deepEqual([0.3, 1, 4.4, 47, 60, 200, 9000].map(format.duration), ['weniger als eine Sekunde', '1 Sekunde', '4 Sekunden', '45 Sekunden', '60 Sekunden', '3 Minuten', '2,5 Stunden']);
  assert.deepEqual([format.list(['a', 'b', 'c']), format.either(['a', 'b']), format.list(['a'])], ['a, b und c', 'a oder b', 'a']);
});

test('classes of the data sets have German names, a person’s own keep theirs', () => {
  assert.deepEqual(['airplane', 'crescent', 'oak_tree', 'Gurke'].map(className), ['Flugzeug', 'Mondsichel', 'Eiche', 'Gurke']);
  assert.equal(className('constructor'), 'constructor');
});

test('one image and several, in every case', () => {
  const { looking, fooling } = words.answers;
  assert.deepEqual([0, 1, 2].map(looking.leftOut), ['Keines wurde ausgelassen.', '1 Bild ausgelassen, weil eine Karte überall null war.', '2 Bilder ausgelassen, weil eine Karte überall null war.']);
  assert.match(looking.more('65 %', 1), /auf 65 % von 1 Bild näher/);
  assert.match(looking.more('65 %', 1200), /auf 65 % von 1\.200 Bildern näher/);
  assert.equal(fooling.numbers('90 %', 1, 'teacher'), '90 % von 1 Bild, das den Lehrer täuschte');
  assert.equal(fooling.numbers('90 %', 3, 'control'), '90 % von den 3 Bildern, die die Kontrolle täuschten');
  assert.match(words.sweep.last(8, 1, 'student', 'Lehrer 3 %'), /von 1 Bild, das den Schüler täuschte: Lehrer/);
  assert.deepEqual([1, 2].map((n) => words.folder.unreadable(n, 'a.png')), ['1 Datei ließ sich nicht als Bild lesen: a.png.', '2 Dateien ließen sich nicht als Bild lesen: a.png.']);
  assert.deepEqual([1, 2].map(words.take.found), ['1 Abbildung, wie sie jetzt und in diesem Farbschema steht.', '2 Abbildungen, wie sie jetzt und in diesem Farbschema stehen.']);
});

test('the networks stand in the case that a sentence wants', () => {
  const { fool, unicam, layers, answers: { sweep } } = words;
  assert.equal(fool.aim('control'), 'Grau ist unverändert. Zielt auf die Kontrolle.');
  assert.equal(fool.noiseSome(['teacher', 'student', 'control']), 'Zufälliges Rauschen dieser Größe ändert die Antwort des Lehrers, des Schülers und der Kontrolle.');
  assert.equal(fool.outcome(fool.by.l2(4), 'student', [fool.goes('teacher', 'Katze', 'Hund'), fool.stays('control', 'Katze')]), 'Bei einer Änderung von 4/255 im quadratischen Mittel gegen den Schüler gilt: der Lehrer wechselt von Katze zu Hund, die Kontrolle bleibt bei Katze.');
  assert.equal(unicam.has.distilled('teacher'), 'Was der Schüler hat und der Lehrer nicht.');
  assert.equal(layers.columns('control'), 'Schichten der Kontrolle');
  assert.equal(sweep.higher('student', 'control', '2/255'), 'der Schüler wird bei ε = 2/255 öfter getäuscht als die Kontrolle');
});

test('the teaching answer keeps accuracy and agreement apart', () => {
  const say = (accuracy, agreement) => told(answers.teachingAnswer({ student: wilson(700, 1000), control: wilson(600, 1000), agreement: { student: wilson(750, 1000), control: wilson(600, 1000) }, comparison: { accuracy: compared(accuracy), agreement: compared(agreement) }, n: 1000, step: 1500 }));
  assert.match(say('higher', 'higher'), /^Der Schüler ist genauer als seine Kontrolle: 70,0 % \(67,1–72,8\) gegenüber 60,0 % \(56,9–63,0\), \+20,0 Prozentpunkte \(\+10,0 bis \+30,0\)\. Er stimmt öfter mit dem Lehrer überein: .* 1\.000 Testbilder, Schritt 1\.500\./);
  assert.match(say('noDifference', 'lower'), /^Kein Unterschied in der Genauigkeit .* Aber der Schüler stimmt seltener mit dem Lehrer überein/);
  assert.match(say('unknown', 'noDifference'), /^Kein Unterschied in der Genauigkeit .* Auch darin, wie oft sie mit dem Lehrer übereinstimmen, ist keiner zu sehen/);
  assert.match(say('lower', 'noDifference'), /hat hier bisher nicht geholfen\. Darin, wie oft sie mit dem Lehrer übereinstimmen, ist kein Unterschied zu sehen/);
});

test('verdicts follow the interval in every answer', () => {
  const looking = (count) => told(answers.lookingAnswer(wilson(count, 200), 3, 9));
  assert.match(looking(130), /^Der Schüler schaut eher dorthin.* auf 65 % \(58–71\) von 200 Bildern .* 130 von 200 Bildern\. 3 Bilder ausgelassen/);
  assert.match(looking(96), /^Kein Unterschied zu sehen/);
  assert.match(looking(60), /^Der Schüler schaut weniger dorthin/);
  const outlines = VERDICTS.map((verdict) => plain(answers.outlineAnswer({ chance: 0.22, energy: compared(verdict), teacherEnergy: 0.6 })));
  [/liegt mehr im wahren Umriss .*: 50 % der Karte gegenüber 40 %, \+20,0 Prozentpunkte \(\+10,0 bis \+30,0\), auf 64 Bildern\. Das Objekt bedeckt 22 % des Bildes und enthält 60 % der Karte des Lehrers\.$/, /^Kein Unterschied darin zu sehen/, /liegt weniger im wahren Umriss/, /^Auf zu wenigen Bildern/].forEach((pattern, i) => assert.match(outlines[i], pattern));
  const rho = (value, low, high) => ({ n: 45, rho: value, low, high });
  const factor = (student) => told(why.factorAnswer({ step: 9, confidenceCorrelation: { student, control: rho(0.1, -0.2, 0.4) } }));
  assert.match(factor(rho(0.5, 0.3, 0.7)), /^Je sicherer .* desto stärker .*: Rangkorrelation 0,50 \(0,30 bis 0,70\) über 45 Bilder\. .* wäre die Rangkorrelation 0,10 \(−0,20 bis 0,40\)\. Die beiden Intervalle überlappen/);
  assert.match(factor(rho(0.1, -0.2, 0.4)), /^Kein Zusammenhang zu sehen/);
  assert.match(factor(rho(-0.5, -0.7, -0.3)), /desto weniger drängten .* niedriger; die beiden Intervalle überlappen sich nicht/);
  assert.match(factor(rho(null, null, null)), /^Zu wenige Bilder oder zu geringe Unterschiede/);
  const plane = (n, verdict) => told(why.boundaryAnswer({ step: 9, n, resolution: 64, comparison: compared(verdict, n) }));
  assert.match(plane(6, 'higher'), /gleicht der des Lehrers an mehr Punkten als die der Kontrolle: 50 % der Punkte gegenüber 40 %, \+20,0 Prozentpunkte .* Das Mittel von 6 Ebenen mit je 4\.096 Punkten/);
  assert.match(plane(5, 'higher'), /^Zu wenige Ebenen, um einen Unterschied vom Zufall zu trennen/);
  assert.match(plane(1, 'unknown'), /^Eine Ebene allein ergibt kein Intervall.* Das Mittel von 1 Ebene mit/);
});

test('what they ignore: the clauses read as sentences with one strength, several and all', () => {
  const point = (strength, verdict) => ({ strength, kept: three(wilson(90, 100), wilson(70, 100), wilson(60, 100)), comparison: compared(verdict), consensus: { comparison: compared(verdict) }, accuracy: three(wilson(80, 100), wilson(50, 100), wilson(40, 100)) });
  const say = (...strengths) => told(ignore.invarianceAnswer({ named: words.invariance.changes.blur.label, at: (all) => `s = ${format.list(all.map(format.written))}`, strengths, n: 100, step: 9 }));
  assert.match(say(point(0.5, 'noDifference'), point(1, 'higher'), point(1.5, 'higher')), /^Unschärfe: bei s = 1 und 1,5 bleibt der Schüler öfter bei seiner Antwort als die Kontrolle; bei s = 0,5 ist kein Unterschied zwischen Schüler und Kontrolle zu sehen\. Bei s = 1,5 bleibt der Lehrer auf 90 % \(\d+–\d+\) bei seiner Antwort, .* Für die veränderten Bilder gilt: bei s = 1 und 1,5 gibt der Schüler öfter die Antwort des Lehrers; bei s = 0,5 ist kein Unterschied zu sehen\. Bei dieser Stärke richtig: Lehrer 80 %/);
  assert.match(say(point(1, 'noDifference'), point(2, 'noDifference')), /^Unschärfe: bei allen Stärken ist kein Unterschied zwischen Schüler und Kontrolle zu sehen\./);
  assert.match(say(point(1, 'lower'), point(2, 'lower')), /^Unschärfe: bei jeder Stärke bleibt der Schüler seltener bei seiner Antwort/);
  const domain = (name, verdict) => ({ domain: name, consensus: { student: wilson(60, 100), control: wilson(50, 100), comparison: compared(verdict) } });
  const foreign = (...verdicts) => told(ignore.domainsAnswer({ domains: [domain('unchanged', 'higher'), ...verdicts.map((verdict, i) => domain(['greyscale', 'edges'][i], verdict))], n: 1, step: 9 }, words.domains.names));
  assert.match(foreign('higher', 'noDifference'), /^Auf grauen Bildern gibt der Schüler öfter die Antwort des Lehrers als die Kontrolle; auf Kanten ist kein Unterschied zwischen Schüler und Kontrolle zu sehen\..* 1 Bild in jeder Domäne/);
  assert.match(foreign('noDifference', 'noDifference'), /^Auf allen anderen Arten von Bildern ist kein Unterschied/);
  assert.match(foreign('lower', 'lower'), /^Auf jeder anderen Art von Bildern gibt der Schüler seltener/);
});

test('over seeds the claim and its numbers make one sentence', () => {
  const spread = (mean, low, high, n = 3) => ({ n, mean, low, high });
  assert.match(told(seeds.seedsAnswer(spread(0.012, 0.002, 0.022), spread(0.01, -0.02, 0.04))), /^Über 3 Seeds ist der Schüler genauer als seine Kontrolle: \+1,2 Prozentpunkte \(\+0,2 bis \+2,2\)\. Darin, wie oft sie mit dem Lehrer übereinstimmen, ist kein Unterschied zu sehen: \+1,0 Prozentpunkte .* „kein Unterschied zu sehen“ heißt nicht/);
  assert.match(told(seeds.seedsAnswer(spread(-0.01, null, null, 2), spread(0.03, 0.01, 0.05, 2))), /zu sehen, aber jeder Seed ergab dasselbe: −1,0 Prozentpunkte, daher gibt es kein Intervall\. Der Schüler stimmt öfter mit dem Lehrer überein: /);
});
