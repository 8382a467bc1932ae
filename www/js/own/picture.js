/** A person's picture as a network can see it: decoded by the browser, brought to 32 × 32 pixels, nothing else changed. */
import { LabError } from '../errors.js';
import { language, words } from '../words.js';

export const SIDE = 32;
/** Larger files are not decoded: a photograph has a few megabytes. */
const MOST_BYTES = 40e6;
/** More pixels than this need more memory than a page should take. */
const MOST_PIXELS = 60e6;
/** How finely a picture is drawn before cells of it are averaged, in pixels a cell. */
const FINEST = 16;
/** Behind what is transparent, and beside what does not fill a square. */
const WHITE = '#ffffff';
const GREY = '#808080';

const t = words.ownPicture;
/** An error whose message is in the reader's language. */
const foreign = (message) => Object.assign(new LabError('data-foreign', message), { language, title: t.title, advice: t.advice });

/**
 * @param {Blob} file
 * @param {string} name how a sentence calls it
 * @returns {Promise<ImageBitmap>} upright; to be closed
 * @throws {LabError} data-foreign
 */
export async function decode(file, name) {
  if (file.size > MOST_BYTES) throw foreign(t.large(name, Math.round(file.size / 1e6), MOST_BYTES / 1e6));
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw foreign(t.unreadable(name));
  }
  const { width, height } = bitmap;
  if (width * height > MOST_PIXELS) {
    bitmap.close();
    throw foreign(t.pixels(name, width, height, MOST_PIXELS / 1e6));
  }
  return bitmap;
}

/**
 * The picture as 32 × 32 pixels, three bytes each. `crop` takes the largest square from the middle; `fit` keeps everything and
 * adds grey bars. Each pixel is the average of the part of the picture that it stands for.
 * @param {ImageBitmap} bitmap
 * @param {'crop'|'fit'} way
 * @returns {Uint8Array}
 */
export function shrink(bitmap, way) {
  const { width, height } = bitmap;
  const span = way === 'crop' ? Math.min(width, height) : Math.max(width, height);
  const fine = Math.min(FINEST, Math.max(1, Math.round(span / SIDE)));
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: SIDE * fine, height: SIDE * fine });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.imageSmoothingQuality = 'high';
  context.fillStyle = GREY;
  context.fillRect(0, 0, canvas.width, canvas.height);
  const scale = canvas.width / span;
  const place = [(canvas.width - width * scale) / 2, (canvas.height - height * scale) / 2, width * scale, height * scale];
  context.fillStyle = WHITE;
  context.fillRect(...place);
  context.drawImage(bitmap, ...place);
  return averaged(context.getImageData(0, 0, canvas.width, canvas.height).data, fine);
}

/** Means of cells of `fine` × `fine` pixels of a square RGBA image. */
function averaged(rgba, fine) {
  const wide = SIDE * fine;
  const pixels = new Uint8Array(SIDE * SIDE * 3);
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const sum = [0, 0, 0];
      for (let v = 0; v < fine; v += 1) {
        for (let u = 0; u < fine; u += 1) {
          const at = ((y * fine + v) * wide + x * fine + u) * 4;
          for (let c = 0; c < 3; c += 1) sum[c] += rgba[at + c];
        }
      }
      for (let c = 0; c < 3; c += 1) pixels[(y * SIDE + x) * 3 + c] = Math.round(sum[c] / (fine * fine));
    }
  }
  return pixels;
}
