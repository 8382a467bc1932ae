/** An SVG as a PNG of twice its size, with title and alt text inside the file. */
import { language, words } from '../words.js';

const SCALE = 2;
const HEADER = 8;

/** @param {string} svg the text of a file @param {{Title: string, Description: string}} texts @returns {Promise<Blob>} */
export async function pngOf(svg, texts) {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    image.src = address;
    await image.decode();
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: image.naturalWidth * SCALE, height: image.naturalHeight * SCALE });
    const context = canvas.getContext('2d');
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve, reject) => canvas.toBlob((made) => (made ? resolve(made) : reject(Object.assign(new Error(words.figures.notDrawn), { language }))), 'image/png'));
    return withTexts(new Uint8Array(await blob.arrayBuffer()), texts);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Puts texts behind the header of a PNG, as chunks of type iTXt (PNG specification, 11.3.3.4): UTF-8, not packed. */
function withTexts(png, texts) {
  const behindHeader = HEADER + 12 + new DataView(png.buffer, png.byteOffset).getUint32(HEADER);
  const chunks = Object.entries(texts).map(([keyword, text]) => chunk('iTXt', new TextEncoder().encode(`${keyword}\0\0\0\0\0${text}`)));
  return new Blob([png.subarray(0, behindHeader), ...chunks, png.subarray(behindHeader)], { type: 'image/png' });
}

function chunk(type, data) {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
