/** The weights of one network out of a snapshot, which holds student and control, in 16 bits. */

/**
 * @param {Uint8Array} snapshot safetensors with names such as `student/fc.weight`
 * @param {'student'|'control'} who
 * @returns {Uint8Array} safetensors under PyTorch's names
 */
export function weightsIn(snapshot, who) {
  const view = new DataView(snapshot.buffer, snapshot.byteOffset);
  const length = Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(snapshot.subarray(8, 8 + length)));
  const own = Object.entries(header).filter(([name]) => name.startsWith(`${who}/`)).sort((a, b) => a[1].data_offsets[0] - b[1].data_offsets[0]);
  const parts = [];
  const names = {};
  let at = 0;
  for (const [name, { dtype, shape, data_offsets: [begin, end] }] of own) {
    parts.push(snapshot.subarray(8 + length + begin, 8 + length + end));
    names[name.slice(who.length + 1)] = { dtype, shape, data_offsets: [at, at + end - begin] };
    at += end - begin;
  }
  // The format wants the data to begin at a multiple of eight bytes; spaces may fill the header up.
  const text = JSON.stringify(names);
  const head = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const file = new Uint8Array(8 + head.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(head.length), true);
  file.set(head, 8);
  let place = 8 + head.length;
  for (const part of parts) {
    file.set(part, place);
    place += part.length;
  }
  return file;
}
