/**
 * Two workers that train one network each: the student here, the control there, at the same time. They never see each other
 * while they learn, so the run is the same as in one worker, bit for bit; at evaluations, probes and checkpoints the control
 * is brought to the student's worker, which answers everything else. The control's worker has less to do: it asks the teacher
 * about every second of the next batches, ahead.
 *
 * It takes the place of a `WorkerLink`: the same calls, the same words when it is gone.
 */
import { LabError } from './errors.js';

/** Calls that both workers carry out; the student's answers. */
const BOTH = ['create', 'shard', 'restore', 'adjust'];
/** Calls whose answer needs no control, or none that is new. */
const ALONE = ['compare', 'metric', 'images', 'formula', 'progress', 'needs', 'bring', 'look-back', 'crash', 'describe'];

export class WorkerPair {
  onNotice;
  onGone;
  #student;
  #control;
  /** Whether the control in the student's worker is the present one. */
  #together = true;
  /** What the teacher says of later batches, being computed beside the control: a promise of [step, numbers] each. */
  #telling = Promise.resolve([]);
  /** The step up to which the teacher was asked ahead; Infinity where it cannot be. */
  #told = 0;
  /** End of the queue of calls: a call of several messages must not mix with another. */
  #tail = Promise.resolve();
  #gone = null;

  /** @param {import('./worker-link.js').WorkerLink} student @param {import('./worker-link.js').WorkerLink} control */
  constructor(student, control) {
    this.#student = student;
    this.#control = control;
    student.onNotice = (notice) => this.onNotice?.(notice);
    for (const link of [student, control]) link.onGone = (error) => this.#lose(error);
    if (!student.alive || !control.alive) this.#lose(new LabError('worker-died', 'The engine’s worker stopped working.'));
  }

  get alive() {
    return this.#gone === null && this.#student.alive && this.#control.alive;
  }

  call(name, fields = {}, transfer = []) {
    const answer = this.#tail.then(() => this.#carryOut(name, fields, transfer));
    this.#tail = answer.catch(() => {});
    return answer;
  }

  /** Ends both workers; pending calls are rejected with `code`. */
  end(code = 'disposed', message = 'The lab was disposed of.') {
    this.onGone = undefined;
    this.#gone ??= new LabError(code, message);
    this.#student.end(code, message);
    this.#control.end(code, message);
  }

  async #carryOut(name, fields, transfer) {
    if (this.#gone) throw this.#gone;
    if (name === 'step') return this.#step(fields);
    if (BOTH.includes(name)) return this.#both(name, fields, transfer);
    // The student and the teacher are always at home.
    const alone = ALONE.includes(name) || (name === 'export-weights' && fields.which !== 'control');
    if (!alone) await this.#bringTogether();
    return this.#student.call(name, fields, transfer);
  }

  async #both(name, fields, transfer) {
    const answer = await settled([this.#student.call(name, fields), this.#control.call(name, fields, transfer)]);
    if (name === 'create') {
      await settled([this.#student.call('train-only', { which: 'student' }), this.#control.call('train-only', { which: 'control' })]);
    }
    if (name === 'create' || name === 'restore') {
      this.#together = true;
      this.#telling = Promise.resolve([]);
      this.#told = 0;
    }
    return answer[0];
  }

  /** @returns {Promise<import('./protocol.js').StepResult>} */
  async #step({ count, complete }) {
    const events = [];
    let done = 0;
    while (done < count) {
      const { step, due } = await this.#student.call('outlook');
      const part = { count: Math.min(due, count - done), complete };
      const ahead = await this.#telling;
      this.#together = false;
      const both = [this.#student.call('step', { ...part, ahead }), this.#control.call('step', part)];
      this.#telling = this.#ask(step + part.count, part.count);
      const [student, control] = await settled(both);
      if (student.done !== control.done) throw new LabError('internal', 'The workers of student and control have come to different steps.');
      done += student.done;
      const ended = student.events.filter((event) => event.type === 'finished');
      events.push(...joined(student.events, control.events));
      if (student.done === due) {
        await this.#bringTogether();
        events.push(await this.#student.call('evaluate'));
      }
      events.push(...ended);
      if (student.need || control.need) return { events, done, need: student.need ?? control.need };
    }
    return { events, done, need: null };
  }

  /** Asks the teacher about the odd ones of `count` steps from `first` on, once the control's worker gets to it. */
  async #ask(first, count) {
    const steps = [];
    for (let step = Math.max(first, this.#told); step < first + count; step += 1) if (step % 2 === 1) steps.push(step);
    if (steps.length === 0) return [];
    this.#told = first + count;
    // The worker's end is noticed elsewhere; without an answer the student's worker asks its own teacher.
    const said = await this.#control.call('teach', { steps }).catch(() => []);
    return said;
  }

  async #bringTogether() {
    if (this.#together) return;
    const bytes = await this.#control.call('learner', { which: 'control' });
    await this.#student.call('adopt', { which: 'control', bytes }, [bytes.buffer]);
    this.#together = true;
  }

  #lose(error) {
    if (this.#gone) return;
    this.#gone = error;
    for (const link of [this.#student, this.#control]) link.end(error.code, error.message);
    this.onGone?.(error);
  }
}

/** Results of all, once none is under way any more; throws the first error. */
async function settled(calls) {
  const results = await Promise.allSettled(calls);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => result.value);
}

/** Progress of the same steps, told by two workers, as one worker would tell it. */
function joined(student, control) {
  const halves = control.filter((event) => event.type === 'progress');
  return student
    .filter((event) => event.type === 'progress')
    .map((event, i) => ({ ...event, control: halves[i].control }));
}
