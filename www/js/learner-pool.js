/**
 * Several workers that train the learners of one run at the same time, each a group of them. Learners never see each other, so the
 * run is the same as in one worker, bit for bit. The first worker is *home*: it answers everything else, and for evaluations,
 * probes and checkpoints the other learners are brought there. What the teacher says of a batch is computed once, by the worker
 * that has the least to do, ahead of the step, and handed to the others.
 *
 * It takes the place of a `WorkerLink`: the same calls, the same words when it is gone.
 */
import { LabError } from './errors.js';

/** Calls that every worker carries out; home's answer counts. */
const EVERYWHERE = ['create', 'shard', 'restore', 'adjust'];
/** Calls whose answer depends on no learner, or on none that is new. */
const ALONE = ['compare', 'metric', 'images', 'formula', 'progress', 'needs', 'bring', 'look-back', 'crash', 'describe'];
/** Steps between two meetings of the workers. */
const STRIDE = 10;
/** The same where maps are handed over, which take megabytes a batch; batches larger than this meet at every step. */
const STRIDE_WITH_MAPS = 2;
const LARGE_BATCH = 128;

/**
 * A worker with the learners that it trains.
 * @typedef {object} Group
 * @property {import('./worker-link.js').WorkerLink} link
 * @property {string[]} ids
 * @property {string[]} taught   those of them that read something of the teacher
 * @property {boolean} maps      whether one of them reads its maps
 * @property {number} pace       what a step of its learners costs, in ms once measured
 * @property {Set<number>} told  later steps whose answers of the teacher it has
 */

export class LearnerPool {
  onNotice;
  onGone;
  /** @type {import('./worker-link.js').WorkerLink[]} */
  #links;
  /** @type {Group[]} */
  #groups = [];
  /** Of the run, in order. @type {import('./protocol.js').LearnerReport[]} */
  #learners = [];
  #stride = STRIDE;
  /** Whether the learners at home are the present ones. */
  #together = true;
  /** The teacher's answers on later batches, on their way: `{from, step, logits, maps}` each. */
  #answers = Promise.resolve([]);
  /** The step up to which the teacher was asked ahead. */
  #asked = 0;
  /** What a pass of the teacher costs, in ms; null before one was measured. @type {number|null} */
  #passPace = null;
  /** End of the queue of calls: a call of several messages must not mix with another. */
  #tail = Promise.resolve();
  #gone = null;

  /** @param {import('./worker-link.js').WorkerLink[]} links two or more, the first is home; at most as many as the run has learners */
  constructor(links) {
    this.#links = links;
    this.#home.onNotice = (notice) => this.onNotice?.(notice);
    for (const link of links) link.onGone = (error) => this.#lose(error);
    if (links.some((link) => !link.alive)) this.#lose(new LabError('worker-died', 'The engine’s worker stopped working.'));
  }

  get alive() {
    return this.#gone === null && this.#links.every((link) => link.alive);
  }

  get #home() {
    return this.#links[0];
  }

  call(name, fields = {}, transfer = []) {
    const answer = this.#tail.then(() => this.#carryOut(name, fields, transfer));
    this.#tail = answer.catch(() => {});
    return answer;
  }

  /** Ends all workers; pending calls are rejected with `code`. */
  end(code = 'disposed', message = 'The lab was disposed of.') {
    this.onGone = undefined;
    this.#gone ??= new LabError(code, message);
    for (const link of this.#links) link.end(code, message);
  }

  async #carryOut(name, fields, transfer) {
    if (this.#gone) throw this.#gone;
    if (name === 'step') return this.#step(fields);
    if (EVERYWHERE.includes(name)) return this.#everywhere(name, fields, transfer);
    const away = name === 'export-weights' ? this.#isAway(fields.which) : !ALONE.includes(name);
    if (away) await this.#bringTogether();
    return this.#home.call(name, fields, transfer);
  }

  async #everywhere(name, fields, transfer) {
    // What is transferred is gone: the last one gets it.
    const last = this.#links.length - 1;
    const answers = await settled(this.#links.map((link, i) => link.call(name, fields, i === last ? transfer : [])));
    if (name === 'create') {
      const { learners, settings } = answers[0];
      this.#learners = learners;
      this.#groups = grouped(this.#links, learners);
      if (learners.some(({ reads }) => reads === 'maps')) this.#stride = settings.batchSize > LARGE_BATCH ? 1 : STRIDE_WITH_MAPS;
      await settled(this.#groups.map(({ link, ids }) => link.call('train-only', { learners: ids })));
    }
    if (name === 'create' || name === 'restore') {
      this.#together = true;
      this.#answers = Promise.resolve([]);
      this.#asked = 0;
      for (const group of this.#groups) group.told.clear();
    }
    return answers[0];
  }

  /** @returns {Promise<import('./protocol.js').StepResult>} */
  async #step({ count, complete }) {
    const events = [];
    let done = 0;
    while (done < count) {
      const { step, due } = await this.#home.call('outlook');
      const ends = Math.min(due, count - done);
      let at = 0;
      while (at < ends) {
        const part = Math.min(this.#stride, ends - at);
        // Losses are told as by one worker: every few steps of a call, before an evaluation, and at its end.
        const results = await this.#advance(step + at, { count: part, complete, more: complete && at + part < ends });
        events.push(...joined(results.map((result) => result.events), this.#learners));
        at += results[0].done;
        const need = results.find((result) => result.need)?.need;
        if (need) return { events, done: done + at, need };
      }
      done += at;
      const finished = events.at(-1)?.type === 'finished' ? [events.pop()] : [];
      if (at === due) {
        await this.#bringTogether();
        events.push(await this.#home.call('evaluate'));
      }
      events.push(...finished);
    }
    return { events, done, need: null };
  }

  /** The next steps in all workers, from `first` on. */
  async #advance(first, part) {
    const answers = await this.#answers;
    this.#together = false;
    const handed = this.#groups.map((group) => answers.filter(({ from }) => from !== group && group.taught.length > 0));
    const calls = this.#groups.map((group, i) => {
      const ahead = handed[i].map(({ step, logits, maps }) => [step, logits, group.maps ? maps : NONE]);
      for (const { step } of handed[i]) group.told.add(step);
      return group.link.call('step', { ...part, ahead }, freed(ahead, handed.slice(i + 1).flat()));
    });
    for (const { from, step } of answers) if (from.taught.length > 0) from.told.add(step);
    this.#answers = this.#ask(first + part.count, this.#stride);
    const results = await settled(calls);
    if (results.some(({ done }) => done !== results[0].done)) throw new LabError('internal', 'The workers of one run have come to different steps.');
    results.forEach((result, i) => this.#measure(this.#groups[i], first, result));
    return results;
  }

  /** Asks the teacher about `count` steps from `first` on, once the workers that have the least to do get to it. */
  async #ask(first, count) {
    const steps = [];
    for (let step = Math.max(first, this.#asked); step < first + count; step += 1) steps.push(step);
    this.#asked = Math.max(this.#asked, first + count);
    const loads = this.#groups.map(({ pace }) => pace * count);
    const shares = this.#groups.map(() => []);
    for (const step of steps) {
      // Of equals the last: home evaluates too.
      const least = loads.lastIndexOf(Math.min(...loads));
      shares[least].push(step);
      loads[least] += this.#passPace ?? 0.5;
    }
    const said = this.#groups.map((group, i) => this.#teach(group, shares[i]));
    return (await Promise.all(said)).flat();
  }

  async #teach(from, steps) {
    const learners = this.#groups.filter((group) => group !== from).flatMap((group) => group.taught);
    // Whoever asks for nobody else does so in its own steps.
    if (steps.length === 0 || learners.length === 0) return [];
    // The worker's end is noticed elsewhere; without answers every worker asks its own teacher.
    const { said, spent } = await from.link.call('teach', { steps, learners }).catch(() => ({ said: [], spent: 0 }));
    if (said.length > 0) this.#passPace = spent / said.length;
    return said.map(([step, logits, maps]) => ({ from, step, logits, maps }));
  }

  /** Learns from its last steps what one costs a worker, without the teacher. */
  #measure(group, first, { done, spent }) {
    let own = 0;
    for (let step = first; step < first + done; step += 1) if (!group.told.delete(step) && group.taught.length > 0) own += 1;
    if (done > 0) group.pace = Math.max(0, spent - own * (this.#passPace ?? 0)) / done;
  }

  #isAway(which) {
    const learner = this.#learners.find(({ id }) => id === which) ?? this.#learners.find(({ role }) => role === which);
    return learner !== undefined && !this.#groups[0].ids.includes(learner.id);
  }

  async #bringTogether() {
    if (this.#together) return;
    const away = this.#groups.slice(1).flatMap(({ link, ids }) => ids.map((id) => ({ link, id })));
    await settled(
      away.map(async ({ link, id }) => {
        const bytes = await link.call('learner', { which: id });
        await this.#home.call('adopt', { which: id, bytes }, [bytes.buffer]);
      }),
    );
    this.#together = true;
  }

  #lose(error) {
    if (this.#gone) return;
    this.#gone = error;
    for (const link of this.#links) link.end(error.code, error.message);
    this.onGone?.(error);
  }
}

const NONE = new Float32Array(0);

/**
 * The learners spread over the workers in turn, so that none has more than one more than another.
 * @returns {Group[]}
 */
function grouped(links, learners) {
  return links.map((link, i) => {
    const own = learners.filter((_, at) => at % links.length === i);
    const taught = own.filter(({ reads }) => reads !== 'nothing');
    return { link, ids: own.map(({ id }) => id), taught: taught.map(({ id }) => id), maps: own.some(({ reads }) => reads === 'maps'), pace: own.length, told: new Set() };
  });
}

/** Buffers of these answers that no later worker is handed: they need not be copied. */
function freed(ahead, later) {
  const wanted = new Set(later.flatMap(({ logits, maps }) => [logits, maps]));
  return ahead.flatMap(([, ...numbers]) => numbers).filter((values) => values !== NONE && !wanted.has(values)).map((values) => values.buffer);
}

/** Results of all, once none is under way any more; throws the first error. */
async function settled(calls) {
  const results = await Promise.allSettled(calls);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => result.value);
}

/** What several workers tell of the same steps, as one worker would tell it: progress with all learners in order. */
function joined(told, learners) {
  const progress = told.map((events) => events.filter((event) => event.type === 'progress'));
  return told[0].map((event) => {
    if (event.type !== 'progress') return event;
    const i = progress[0].indexOf(event);
    const all = Object.assign({}, ...progress.map((events) => events[i]));
    const { type, step, epoch, steps, learningRate } = event;
    return { type, step, epoch, steps, learningRate, ...Object.fromEntries(learners.map(({ id }) => [id, all[id]])) };
  });
}
