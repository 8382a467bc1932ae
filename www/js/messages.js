/** What to do about each error. The error's own message says what happened; this says what now. */

const ADVICE = {
  'setting-unknown': 'The run was not started. Correct the name and try again.',
  'setting-invalid': 'The run was not started. Correct the value in the form and press the button again.',
  'data-truncated': 'Nothing was lost. Choose the complete file, or clear the field to use this site’s images.',
  'data-foreign': 'Nothing was lost. Choose files in the CIFAR binary format, or clear the field to use this site’s images.',
  'data-unavailable': 'Choose Shapes-32, which is made on your machine and needs no download, or try again later.',
  'data-missing': 'Ask for fewer images under “More settings”, or add files.',
  'weights-unreadable': 'Choose a .safetensors file, or clear the field to use this site’s teacher.',
  'weights-mismatch': 'Choose the architecture that the file was trained with, or another file.',
  'weights-missing': 'Choose another teacher, or give the weights of your own under “Your own data or teacher”.',
  'checkpoint-unreadable': 'The run goes on as it was.',
  'checkpoint-mismatch': 'The run goes on as it was. A checkpoint can only be restored into a run with the same settings.',
  'probe-unknown': 'The run is not touched by this.',
  'probe-invalid': 'The run is not touched by this. Change the value and ask again.',
  'tensors-invalid': 'The run is not touched by this. Correct the tensors and try again.',
  diverged: 'The run went back to its last checkpoint. Lower the learning rate under “More settings”, then go on.',
  'gpu-unavailable': 'Set the engine to “automatic” or “CPU” under “More settings”.',
  'gpu-mismatch': 'Set the engine to “CPU” under “More settings”; its numbers are right everywhere.',
  'gpu-lost': 'The run goes on from its last checkpoint.',
  'worker-died': 'The run goes on from its last checkpoint.',
  disposed: 'Start a new run.',
  internal: 'This is a fault of kd-lens. Reload the page; if it comes again, please report it with the words above.',
};

const TITLES = {
  'data-truncated': 'A data file is incomplete',
  'data-foreign': 'A data file is of another kind',
  'data-unavailable': 'Data are missing',
  'data-missing': 'Not enough images',
  'weights-unreadable': 'The teacher’s weights cannot be read',
  'weights-mismatch': 'The teacher’s weights belong to another network',
  'weights-missing': 'There is no such teacher here',
  diverged: 'The training diverged',
  'gpu-unavailable': 'WebGPU cannot be used',
  'gpu-mismatch': 'WebGPU computes something else here',
  'gpu-lost': 'The graphics device was lost',
  'worker-died': 'The engine stopped',
  'setting-invalid': 'A setting is out of range',
  'setting-unknown': 'An unknown setting',
};

/** @returns {{title: string, message: string, advice: string, code: string}} */
export function explain(error) {
  const code = error?.code in ADVICE ? error.code : 'internal';
  return { code, title: TITLES[code] ?? 'That did not work', message: String(error?.message ?? error), advice: ADVICE[code] };
}
