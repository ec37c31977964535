// Shapes to pixels: prints of a brush, polygons with soft edges, and the area that a drawn line encloses.

const LINES = 4; // scanned in each row of pixels
const prints = new Map();
const MOST_PRINTS = 64;

/** The print of a round brush. `softness` 0–1 is the part of the radius over which it fades out. */
export function brushPrint(diameter, softness) {
  const radius = Math.max(0.5, Math.round(diameter * 2) / 4);
  const key = `${radius}/${softness}`;
  if (prints.has(key)) return prints.get(key);
  const size = 2 * Math.ceil(radius) + 1;
  const middle = (size - 1) / 2;
  const fade = Math.max(1, radius * softness);
  const shape = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const inside = Math.min(1, Math.max(0, (radius + 0.5 - Math.hypot(x - middle, y - middle)) / fade));
      shape[y * size + x] = Math.round(255 * (softness ? inside * inside * (3 - 2 * inside) : inside));
    }
  }
  if (prints.size >= MOST_PRINTS) prints.delete(prints.keys().next().value);
  prints.set(key, { size, shape });
  return prints.get(key);
}

/** Fills a polygon, given as [[x, y], …], whatever way round and however often it crosses itself. */
export function fillPolygon(mask, points, adds) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const box = {
    x0: Math.max(0, Math.floor(Math.min(...xs))),
    y0: Math.max(0, Math.floor(Math.min(...ys))),
    x1: Math.min(mask.width, Math.ceil(Math.max(...xs))),
    y1: Math.min(mask.height, Math.ceil(Math.max(...ys))),
  };
  if (points.length < 3 || box.x0 >= box.x1 || box.y0 >= box.y1) return;
  mask.touch(box.x0, box.y0, box.x1, box.y1);
  const edges = edgesOf(points);
  const steps = new Float32Array(mask.width + 2); // how much coverage changes at each column
  const coverage = new Uint8Array(mask.width);
  let next = 0;
  let active = [];
  for (let y = box.y0; y < box.y1; y++) {
    while (next < edges.length && edges[next].top < y + 1) active.push(edges[next++]);
    active = active.filter((edge) => edge.bottom > y);
    steps.fill(0, box.x0, box.x1 + 2);
    for (let line = 0; line < LINES; line++) addSpans(steps, crossings(active, y + (line + 0.5) / LINES), box);
    let sum = 0;
    for (let x = box.x0; x < box.x1; x++) {
      sum += steps[x];
      coverage[x] = Math.min(255, (sum * 255) / LINES + 0.5);
    }
    mask.cover(y, box.x0, box.x1, coverage, adds);
  }
}

function edgesOf(points) {
  const edges = [];
  points.forEach(([x, y], index) => {
    const [toX, toY] = points[(index + 1) % points.length];
    if (y === toY) return;
    const down = y < toY;
    const slope = (toX - x) / (toY - y);
    edges.push({ top: Math.min(y, toY), bottom: Math.max(y, toY), x: down ? x : toX, slope, turn: down ? 1 : -1 });
  });
  return edges.sort((a, b) => a.top - b.top);
}

function crossings(active, y) {
  const found = [];
  for (const edge of active) {
    if (edge.top <= y && y < edge.bottom) found.push({ x: edge.x + (y - edge.top) * edge.slope, turn: edge.turn });
  }
  return found.sort((a, b) => a.x - b.x);
}

function addSpans(steps, found, { x0, x1 }) {
  let winding = 0;
  let from = 0;
  for (const { x, turn } of found) {
    if (winding === 0) from = x;
    winding += turn;
    if (winding !== 0) continue;
    const start = Math.max(x0, Math.min(x1, from));
    const end = Math.max(x0, Math.min(x1, x));
    if (end <= start) continue;
    addStep(steps, start, 1);
    addStep(steps, end, -1);
  }
}

function addStep(steps, x, by) {
  const column = Math.floor(x);
  const part = x - column;
  steps[column] += by * (1 - part);
  steps[column + 1] += by * part;
}

export function ellipsePoints(x0, y0, x1, y1) {
  const across = Math.abs(x1 - x0) / 2;
  const down = Math.abs(y1 - y0) / 2;
  const count = Math.max(24, Math.ceil(Math.PI * Math.sqrt(Math.max(across, down)) * 2));
  return Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count;
    return [(x0 + x1) / 2 + across * Math.cos(angle), (y0 + y1) / 2 + down * Math.sin(angle)];
  });
}

const DRAWN = 250; // from here on a pixel of a drawn line holds the filling in

/** Fills (or empties) what hangs together with x, y: up to drawn lines, or all of a marked area. */
export function floodFill(mask, x, y, adds) {
  const { bytes, width, height, stride } = mask;
  const open = adds ? (value) => value < DRAWN : (value) => value > 0;
  const value = adds ? 255 : 0;
  if (x < 0 || y < 0 || x >= width || y >= height || !open(bytes[y * stride + x])) return;
  const seeds = [x, y];
  while (seeds.length) {
    const row = seeds.pop();
    let left = seeds.pop();
    const start = row * stride;
    if (!open(bytes[start + left])) continue;
    let right = left;
    while (left > 0 && open(bytes[start + left - 1])) left--;
    while (right < width - 1 && open(bytes[start + right + 1])) right++;
    mask.touch(left, row, right + 1, row + 1);
    bytes.fill(value, start + left, start + right + 1);
    for (const beside of [row - 1, row + 1]) {
      if (beside < 0 || beside >= height) continue;
      const line = beside * stride;
      for (let at = left; at <= right; at++) {
        if (open(bytes[line + at]) && (at === left || !open(bytes[line + at - 1]))) seeds.push(at, beside);
      }
    }
  }
}
