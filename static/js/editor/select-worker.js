// Finds the object under a point. The region grows over similar colours at a reduced size, stopped by edges; then
// its border is fitted to the picture at full size: each pixel near it goes to the side whose colour it has.

const WORKING = 640; // pixels of the longer side while growing
const EDGE = 1.2; // how strongly edges hold the growing in
const DRIFT = 1.35; // of the tolerance: how far the colour may get from where one began
const CLOSING = 2; // pixels of gaps that are closed

let picture = null;

addEventListener("message", ({ data }) => {
  if (data.bitmap) picture = prepared(data.bitmap);
  else postMessage({ id: data.id, area: select(data) });
});

function prepared(bitmap) {
  const scale = Math.min(1, WORKING / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const small = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  small.imageSmoothingQuality = "high";
  small.drawImage(bitmap, 0, 0, width, height);
  const colours = perceived(small.getImageData(0, 0, width, height).data);
  return { bitmap, width, height, scaleX: bitmap.width / width, scaleY: bitmap.height / height, colours, edges: edgesOf(colours, width, height) };
}

/** Lightness, and two colour axes that are weighted as the eye does (close to Oklab, ×100). */
function perceived(rgba) {
  const out = new Float32Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const r = LINEAR[rgba[from]];
    const g = LINEAR[rgba[from + 1]];
    const b = LINEAR[rgba[from + 2]];
    const l = Math.cbrt(0.4122 * r + 0.5363 * g + 0.0514 * b);
    const m = Math.cbrt(0.2119 * r + 0.6807 * g + 0.1074 * b);
    const s = Math.cbrt(0.0883 * r + 0.2817 * g + 0.63 * b);
    out[to] = 100 * (0.2105 * l + 0.7936 * m - 0.0041 * s);
    out[to + 1] = 180 * (1.978 * l - 2.4286 * m + 0.4506 * s);
    out[to + 2] = 180 * (0.0259 * l + 0.7828 * m - 0.8087 * s);
  }
  return out;
}

const LINEAR = Float32Array.from({ length: 256 }, (_, value) => {
  const share = value / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
});

/** How much the colour changes at each pixel. */
function edgesOf(colours, width, height) {
  const edges = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const left = y * width + Math.max(0, x - 1);
      const right = y * width + Math.min(width - 1, x + 1);
      const above = Math.max(0, y - 1) * width + x;
      const below = Math.min(height - 1, y + 1) * width + x;
      edges[y * width + x] = Math.max(distance(colours, left, right), distance(colours, above, below));
    }
  }
  return edges;
}

function distance(colours, a, b) {
  const [i, j] = [a * 3, b * 3];
  return Math.hypot(colours[i] - colours[j], colours[i + 1] - colours[j + 1], colours[i + 2] - colours[j + 2]);
}

function select({ x, y, tolerance }) {
  if (!picture) return null;
  const { width, height, scaleX, scaleY } = picture;
  const seed = Math.min(height - 1, Math.floor(y / scaleY)) * width + Math.min(width - 1, Math.floor(x / scaleX));
  const region = filled(closed(grown(seed, tolerance), width, height), width, height);
  return fitted(region);
}

/** Neighbours join while they are like the region so far, like where one began, and not beyond an edge. */
function grown(seed, tolerance) {
  const { width, height, colours, edges } = picture;
  const region = new Uint8Array(width * height);
  const queue = new Int32Array(width * height);
  const mean = [...colours.subarray(seed * 3, seed * 3 + 3)];
  const begin = [...mean];
  let count = 1;
  let end = 1;
  queue[0] = seed;
  region[seed] = 1;
  const apart = (pixel, from) => {
    const at = pixel * 3;
    return Math.hypot(colours[at] - from[0], colours[at + 1] - from[1], colours[at + 2] - from[2]);
  };
  for (let at = 0; at < end; at++) {
    const pixel = queue[at];
    const x = pixel % width;
    for (const next of [x > 0 ? pixel - 1 : -1, x < width - 1 ? pixel + 1 : -1, pixel - width, pixel + width]) {
      if (next < 0 || next >= region.length || region[next]) continue;
      const fromBegin = apart(next, begin);
      const unlike = Math.min(apart(next, mean), fromBegin) + EDGE * Math.max(0, edges[next] - tolerance / 3);
      if (unlike > tolerance || fromBegin > DRIFT * tolerance) continue;
      region[next] = 1;
      queue[end++] = next;
      count++;
      for (let axis = 0; axis < 3; axis++) mean[axis] += (colours[next * 3 + axis] - mean[axis]) / Math.min(count, 4000);
    }
  }
  return region;
}

/** Small gaps are closed: grown by a few pixels and shrunk again. */
function closed(region, width, height) {
  let now = region;
  for (let step = 0; step < CLOSING; step++) now = spread(now, width, height, 1);
  for (let step = 0; step < CLOSING; step++) now = spread(now, width, height, 0);
  for (let at = 0; at < now.length; at++) now[at] |= region[at];
  return now;
}

function spread(region, width, height, value) {
  const out = region.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (region[at] !== value) continue;
      if (x > 0) out[at - 1] = value;
      if (x < width - 1) out[at + 1] = value;
      if (y > 0) out[at - width] = value;
      if (y < height - 1) out[at + width] = value;
    }
  }
  return out;
}

/** Small holes belong to the object: those with less than a fiftieth of its area. */
function filled(region, width, height) {
  const area = region.reduce((sum, value) => sum + value, 0);
  const seen = region.slice();
  const queue = new Int32Array(region.length);
  for (let start = 0; start < region.length; start++) {
    if (seen[start]) continue;
    let end = 1;
    let outside = false;
    queue[0] = start;
    seen[start] = 1;
    for (let at = 0; at < end; at++) {
      const pixel = queue[at];
      const x = pixel % width;
      outside ||= x === 0 || x === width - 1 || pixel < width || pixel >= region.length - width;
      for (const next of [x > 0 ? pixel - 1 : -1, x < width - 1 ? pixel + 1 : -1, pixel - width, pixel + width]) {
        if (next < 0 || next >= region.length || seen[next]) continue;
        seen[next] = 1;
        queue[end++] = next;
      }
    }
    if (!outside && end < Math.max(16, area / 50)) for (let at = 0; at < end; at++) region[queue[at]] = 1;
  }
  return region;
}

/** The region at the picture's own size: {x, y, width, height, bytes}. */
function fitted(region) {
  const { bitmap, width, height, scaleX, scaleY, colours } = picture;
  const box = bounds(region, width, height);
  const x0 = Math.max(0, Math.floor((box.x0 - 1) * scaleX));
  const y0 = Math.max(0, Math.floor((box.y0 - 1) * scaleY));
  const x1 = Math.min(bitmap.width, Math.ceil((box.x1 + 1) * scaleX));
  const y1 = Math.min(bitmap.height, Math.ceil((box.y1 + 1) * scaleY));
  const area = { x: x0, y: y0, width: x1 - x0, height: y1 - y0, bytes: new Uint8Array((x1 - x0) * (y1 - y0)) };
  const border = bordersOf(region, width, height, colours);
  const rows = 128;
  for (let top = y0; top < y1; top += rows) {
    const bottom = Math.min(y1, top + rows);
    const context = new OffscreenCanvas(area.width, bottom - top).getContext("2d", { willReadFrequently: true });
    context.drawImage(bitmap, -x0, -top);
    const { data } = context.getImageData(0, 0, area.width, bottom - top);
    for (let y = top; y < bottom; y++) fitRow({ region, border, area, data, y, top });
  }
  return area;
}

function fitRow({ region, border, area, data, y, top }) {
  const { width, height, scaleX, scaleY } = picture;
  const v = (y + 0.5) / scaleY - 0.5;
  const row = Math.max(0, Math.min(height - 1, Math.round(v)));
  const upper = Math.max(0, Math.min(height - 1, Math.floor(v)));
  const lower = Math.min(height - 1, upper + 1);
  const down = Math.max(0, Math.min(1, v - upper));
  for (let x = 0; x < area.width; x++) {
    const u = (x + area.x + 0.5) / scaleX - 0.5;
    const cell = row * width + Math.max(0, Math.min(width - 1, Math.round(u)));
    const to = (y - area.y) * area.width + x;
    const sides = border.get(cell);
    if (!sides) {
      area.bytes[to] = region[cell] * 255;
      continue;
    }
    const left = Math.max(0, Math.min(width - 1, Math.floor(u)));
    const right = Math.min(width - 1, left + 1);
    const across = Math.max(0, Math.min(1, u - left));
    const above = region[upper * width + left] * (1 - across) + region[upper * width + right] * across;
    const below = region[lower * width + left] * (1 - across) + region[lower * width + right] * across;
    const near = above * (1 - down) + below * down; // how far inside it lies by its place
    const from = ((y - top) * area.width + x) * 4;
    const like = likeness(data, from, sides); // and by its colour
    const share = sides.apart > 3 ? 0.35 * near + 0.65 * like : near;
    area.bytes[to] = Math.round(255 * Math.min(1, Math.max(0, (share - 0.5) * 3 + 0.5)));
  }
}

const one = new Uint8ClampedArray(4);

function likeness(data, from, { inside, outside, apart }) {
  one.set(data.subarray(from, from + 4));
  const colour = perceived(one);
  let along = 0;
  for (let axis = 0; axis < 3; axis++) along += (colour[axis] - outside[axis]) * (inside[axis] - outside[axis]);
  return Math.min(1, Math.max(0, along / (apart * apart || 1)));
}

/** For the cells at the region's border, the mean colours at both sides nearby. */
function bordersOf(region, width, height, colours) {
  const found = new Map();
  const reach = 3;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const value = region[at];
      const edge =
        (x > 0 && region[at - 1] !== value) || (x < width - 1 && region[at + 1] !== value) ||
        (y > 0 && region[at - width] !== value) || (y < height - 1 && region[at + width] !== value);
      if (!edge) continue;
      const sums = [[0, 0, 0, 0], [0, 0, 0, 0]];
      for (let j = Math.max(0, y - reach); j <= Math.min(height - 1, y + reach); j++) {
        for (let i = Math.max(0, x - reach); i <= Math.min(width - 1, x + reach); i++) {
          const cell = j * width + i;
          const sum = sums[region[cell]];
          for (let axis = 0; axis < 3; axis++) sum[axis] += colours[cell * 3 + axis];
          sum[3]++;
        }
      }
      const [outside, inside] = sums.map((sum) => sum.slice(0, 3).map((total) => total / Math.max(1, sum[3])));
      found.set(at, { inside, outside, apart: Math.hypot(...inside.map((part, axis) => part - outside[axis])) });
    }
  }
  return found;
}

function bounds(region, width, height) {
  const box = { x0: width, y0: height, x1: 0, y1: 0 };
  for (let at = 0; at < region.length; at++) {
    if (!region[at]) continue;
    const x = at % width;
    const y = Math.floor(at / width);
    box.x0 = Math.min(box.x0, x);
    box.x1 = Math.max(box.x1, x + 1);
    box.y0 = Math.min(box.y0, y);
    box.y1 = Math.max(box.y1, y + 1);
  }
  return box;
}
