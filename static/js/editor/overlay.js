// The mask as it is seen: sampled from its bytes at the resolution of the screen, only where something changed.

const DASH = 5; // CSS pixels
const LINE = 1.5;
const HALF = 128;
const OPAQUE = 0xff000000;
const WHITE = 0xffffffff;
const BLACK = 0xff1c1c1c;

/** 256 colours, for ImageData: the overlay's at each strength. `hex` is #rrggbb, opacity 0–1. */
export function tint(hex, opacity) {
  const rgb = Number.parseInt(hex.slice(1), 16);
  const bgr = ((rgb & 255) << 16) | (rgb & 0xff00) | (rgb >> 16);
  return Uint32Array.from({ length: 256 }, (_, value) => ((Math.round(value * opacity) << 24) | bgr) >>> 0);
}

/** The mask itself, black and white. */
export const exact = Uint32Array.from({ length: 256 }, (_, value) => (OPAQUE | (value << 16) | (value << 8) | value) >>> 0);

/**
 * Draws the part `rect` (device pixels) of the overlay. `at` says where the mask lies: {x, y, width, height}, in
 * device pixels. With `outlined`, a dashed line follows where the mask is half strong.
 */
export function drawMask(context, mask, at, rect, colours, { outlined, pixelRatio }) {
  const reach = outlined ? Math.max(1, Math.round(LINE * pixelRatio)) : 0;
  const x0 = Math.max(0, Math.floor(rect.x0));
  const y0 = Math.max(0, Math.floor(rect.y0));
  const x1 = Math.min(context.canvas.width, Math.ceil(rect.x1) + reach);
  const y1 = Math.min(context.canvas.height, Math.ceil(rect.y1) + reach);
  if (x0 >= x1 || y0 >= y1) return;
  const width = x1 - x0 + reach;
  const height = y1 - y0 + reach;
  const samples = sample(mask, at, x0 - reach, y0 - reach, width, height);
  const image = context.createImageData(x1 - x0, y1 - y0);
  const pixels = new Uint32Array(image.data.buffer);
  const dash = Math.max(2, Math.round(DASH * pixelRatio));
  let to = 0;
  for (let y = reach; y < height; y++) {
    let from = y * width + reach;
    for (let x = reach; x < width; x++, from++, to++) {
      const value = samples[from];
      pixels[to] = colours[value];
      if (!reach) continue;
      const marked = value >= HALF;
      if (marked !== samples[from - reach] >= HALF || marked !== samples[from - reach * width] >= HALF) {
        pixels[to] = isDash(x0 + x, y0 + y, dash) ? WHITE : BLACK;
      }
    }
  }
  context.putImageData(image, x0, y0);
}

/** Squares of a turned chequerboard: a line in any direction crosses them. */
function isDash(x, y, size) {
  return (Math.floor((x + 0.4 * y) / size) + Math.floor((y - 0.4 * x) / size)) & 1;
}

function sample(mask, at, left, top, width, height) {
  const samples = new Uint8Array(width * height);
  const across = places(left, width, at.x, mask.width / at.width, mask.width);
  const down = places(top, height, at.y, mask.height / at.height, mask.height);
  const { bytes, stride } = mask;
  const fine = mask.width / at.width < 1.5;
  for (let y = 0; y < height; y++) {
    const near = down.near[y];
    if (near < 0) continue;
    const row = near * stride;
    const next = down.far[y] * stride;
    const to = y * width;
    for (let x = 0; x < width; x++) {
      const column = across.near[x];
      if (column < 0) continue;
      if (fine) {
        samples[to + x] = bytes[row + column];
      } else {
        const beside = across.far[x];
        samples[to + x] = (bytes[row + column] + bytes[row + beside] + bytes[next + column] + bytes[next + beside] + 2) >> 2;
      }
    }
  }
  return samples;
}

/** For each screen pixel two places in the mask, a quarter of its size off its middle; -1 outside. */
function places(from, count, start, step, limit) {
  const near = new Int32Array(count).fill(-1);
  const far = new Int32Array(count);
  const off = step < 1.5 ? 0 : step / 4;
  for (let at = 0; at < count; at++) {
    const middle = (from + at + 0.5 - start) * step;
    if (middle < 0 || middle >= limit) continue;
    near[at] = Math.max(0, Math.floor(middle - off));
    far[at] = Math.min(limit - 1, Math.floor(middle + off));
  }
  return { near, far };
}
