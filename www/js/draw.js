/** Pictures on canvases: pixels, magnified differences, heat maps over an image. */

/** RGB bytes (row by row) or planar numbers in [0, 1] as a 32 × 32 canvas image. */
export function drawPixels(canvas, pixels, planar = false) {
  const side = Math.sqrt(pixels.length / 3);
  Object.assign(canvas, { width: side, height: side });
  const image = new ImageData(side, side);
  const plane = side * side;
  for (let i = 0; i < plane; i += 1) {
    for (let c = 0; c < 3; c += 1) {
      image.data[i * 4 + c] = planar ? Math.round(pixels[c * plane + i] * 255) : pixels[i * 3 + c];
    }
    image.data[i * 4 + 3] = 255;
  }
  canvas.getContext('2d').putImageData(image, 0, 0);
}

/** (b − a)·k around middle grey, for planar images in [0, 1]. */
export function drawDifference(canvas, a, b, k) {
  const shown = Float32Array.from(a, (value, i) => 0.5 + (b[i] - value) * k);
  drawPixels(canvas, shown.map((value) => Math.min(1, Math.max(0, value))), true);
}

// Stops from dark to light, monotone in lightness, so that they keep their order in grey and for every kind of sight.
const HEAT = [[0, 0, 4], [51, 10, 95], [120, 28, 109], [187, 55, 84], [237, 105, 37], [252, 181, 25], [252, 255, 164]];
const SIGNED = [[45, 0, 75], [128, 115, 172], [226, 226, 232], [224, 130, 20], [127, 59, 8]];

function colour(stops, t) {
  const at = Math.min(1, Math.max(0, t)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  return stops[i].map((from, c) => from + (stops[i + 1][c] - from) * (at - i));
}

/** The colour of a share in [−1, 1] on the scale of maps for and against. */
export const signedColour = (share) => `rgb(${colour(SIGNED, (share + 1) / 2).map(Math.round).join(' ')})`;

/** The strip of colours that explains a map. */
export function drawScale(canvas, signed) {
  Object.assign(canvas, { width: 160, height: 1 });
  const image = new ImageData(160, 1);
  for (let x = 0; x < 160; x += 1) image.data.set([...colour(signed ? SIGNED : HEAT, x / 159), 255], x * 4);
  canvas.getContext('2d').putImageData(image, 0, 0);
}

const SIDE = 256;

/**
 * A map over its image in grey. Cells at or above half of the scale are outlined, so that the map does not speak by
 * colour alone.
 * @param {HTMLCanvasElement} canvas
 * @param {object} options
 * @param {Uint8Array} options.pixels 32 × 32 RGB
 * @param {ArrayLike<number>} options.values
 * @param {[number, number]} options.grid
 * @param {number} options.limit the value that has the strongest colour
 * @param {boolean} options.signed
 * @param {boolean} options.smooth interpolate between cells instead of showing them
 */
export function drawMap(canvas, { pixels, values, grid: [rows, columns], limit, signed, smooth }) {
  Object.assign(canvas, { width: SIDE, height: SIDE });
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = false;
  context.drawImage(grey(pixels), 0, 0, SIDE, SIDE);
  const cells = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i += 1) {
    const share = limit > 0 ? values[i] / limit : 0;
    // Where there is little to say the image shows through.
    const opacity = 70 + 120 * Math.min(1, Math.abs(share));
    cells.data.set([...colour(signed ? SIGNED : HEAT, signed ? (share + 1) / 2 : share), opacity], i * 4);
  }
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = 'high';
  context.drawImage(asCanvas(cells), 0, 0, SIDE, SIDE);
  outline(context, values, rows, columns, limit / 2);
}

/** Strokes the border between cells at or above `threshold` and the others. */
function outline(context, values, rows, columns, threshold) {
  if (!(threshold > 0)) return;
  const inside = (y, x) => y >= 0 && x >= 0 && y < rows && x < columns && values[y * columns + x] >= threshold;
  const [dy, dx] = [SIDE / rows, SIDE / columns];
  context.beginPath();
  for (let y = 0; y < rows; y += 1) {
    for (let x = 0; x < columns; x += 1) {
      if (!inside(y, x)) continue;
      const [top, left, bottom, right] = [y * dy, x * dx, (y + 1) * dy, (x + 1) * dx];
      if (!inside(y - 1, x)) line(context, left, top, right, top);
      if (!inside(y + 1, x)) line(context, left, bottom, right, bottom);
      if (!inside(y, x - 1)) line(context, left, top, left, bottom);
      if (!inside(y, x + 1)) line(context, right, top, right, bottom);
    }
  }
  context.lineCap = 'square';
  for (const [width, style] of [[5, '#000000'], [2.5, '#ffffff']]) {
    context.lineWidth = width;
    context.strokeStyle = style;
    context.stroke();
  }
}

function line(context, x0, y0, x1, y1) {
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
}

function grey(pixels) {
  const image = new ImageData(32, 32);
  for (let i = 0; i < 1024; i += 1) {
    // Lifted a little, so that dark images do not vanish under a dark colour.
    const luma = 48 + 0.8 * (0.2126 * pixels[i * 3] + 0.7152 * pixels[i * 3 + 1] + 0.0722 * pixels[i * 3 + 2]);
    image.data.set([luma, luma, luma, 255], i * 4);
  }
  return asCanvas(image);
}

function asCanvas(image) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: image.width, height: image.height });
  canvas.getContext('2d').putImageData(image, 0, 0);
  return canvas;
}
