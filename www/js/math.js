/** Formulas as MathML, made of the same line of text that the engine gives, and that stands in it as its annotation. */

import { written } from './format.js';

const MATH = 'http://www.w3.org/1998/Math/MathML';
/** Words that are names of functions or losses; other words are words. */
const NAMES = ['CE', 'KL', 'HCL', 'ABF', 'MMD', 'TCKD', 'NCKD', 'ln', 'log', 'max', 'min', 'exp', 'cos', 'sign', 'norm', 'mean', 'softmax', 'hinge'];
const RAISED = { '²': '2', '³': '3', '⁴': '4', '⁵': '5', '⁶': '6', ᵀ: 'T' };
// The raised T is a letter to Unicode, but a superscript here.
const TOKEN = /\d+(?:\.\d+)?|½|(?:(?!ᵀ)\p{L}\p{M}*)+′?|[_^](?:\{[^}]*\}|(?:(?!ᵀ)[\p{L}\d.])+)|[²³⁴⁵⁶ᵀ]|\s+|./gu;

function m(tag, ...children) {
  const element = document.createElementNS(MATH, tag);
  element.append(...children);
  return element;
}

/** @param {string} text such as «L = 0.1·CE(y, s) + 0.9·4²·KL(t/4 ‖ s/4)» @returns {Element} */
export function formula(text) {
  const math = m('math', m('semantics', row(text), m('annotation', text)));
  math.querySelector('annotation').setAttribute('encoding', 'text/plain');
  return math;
}

/**
 * The formula in parts, between which a narrow page may break the line: before each “+” that stands in no brackets.
 * @returns {Node[]}
 */
export function terms(text) {
  const parts = [''];
  let depth = 0;
  for (const sign of text) {
    if ('([{'.includes(sign)) depth += 1;
    if (')]}'.includes(sign)) depth -= 1;
    if (sign === '+' && depth === 0) parts.push('');
    parts[parts.length - 1] += sign;
  }
  return parts.flatMap((part, i) => (i === 0 ? [formula(part)] : [document.createElement('wbr'), formula(part)]));
}

/** One line; what follows `_`, `^` or stands raised belongs to what is before it. */
function row(text) {
  const parts = [];
  for (const [token] of text.matchAll(TOKEN)) {
    if (/^\s+$/.test(token)) continue;
    const mark = token[0];
    if (token in RAISED) attach(parts, 'msup', leaf(RAISED[token]));
    else if ((mark === '_' || mark === '^') && token.length > 1) attach(parts, mark === '_' ? 'msub' : 'msup', row(token.slice(1).replace(/^\{|\}$/g, '')));
    else parts.push(leaf(token));
  }
  return parts.length === 1 ? parts[0] : m('mrow', ...parts);
}

function attach(parts, kind, script) {
  const base = parts.pop() ?? m('mrow');
  if (kind === 'msup' && base.localName === 'msub') parts.push(m('msubsup', ...base.childNodes, script));
  else parts.push(m(kind, base, script));
}

/** Space around signs that the browser's table of operators sets too wide or too tight. */
const SPACE = { '/': '0', '‖': '0.3em', '|': '0.05em' };

function operator(token) {
  const sign = m('mo', token);
  // At the beginning of a line it still adds.
  if (token === '+') sign.setAttribute('form', 'infix');
  if (token in SPACE) for (const side of ['lspace', 'rspace']) sign.setAttribute(side, SPACE[token]);
  return sign;
}

function leaf(token) {
  if (/^[\d½]/.test(token)) return m('mn', written(token));
  if (!/^\p{L}/u.test(token) || token === 'Σ') return operator(token);
  const word = token.replace('′', '');
  if ([...word.normalize('NFC')].length === 1 || NAMES.includes(word)) return m('mi', token);
  // Spaces inside MathML are dropped; those around words are wanted.
  return m('mtext', `\u00a0${token}\u00a0`);
}
