/** Every code an error of the JavaScript face can carry. Stable: new ones may be added, none changes its meaning. */
export const ERROR_CODES = Object.freeze([
  'setting-unknown',
  'setting-invalid',
  'data-truncated',
  'data-foreign',
  'data-unavailable',
  'data-missing',
  'weights-unreadable',
  'weights-mismatch',
  'weights-missing',
  'checkpoint-unreadable',
  'checkpoint-mismatch',
  'probe-unknown',
  'probe-invalid',
  'tensors-invalid',
  'diverged',
  'not-finite',
  'gpu-unavailable',
  'gpu-mismatch',
  'gpu-lost',
  'too-large',
  'engine-unavailable',
  'worker-died',
  'disposed',
  'internal',
]);

/** An error with a stable `code` (one of {@link ERROR_CODES}) and a plain sentence as its `message`. */
export class LabError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(message);
    this.name = 'LabError';
    this.code = code;
  }
}
