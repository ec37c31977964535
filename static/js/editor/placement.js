// Where the picture lies on its canvas, in pixels of the result: {canvasWidth, canvasHeight, x, y, width, height}.

export const SIDES = ["left", "right", "up", "down"];
export const LEAST_CANVAS = 64;

/** The canvas is the picture, nothing moved. */
export function untouched({ width, height }) {
  return { canvasWidth: width, canvasHeight: height, x: 0, y: 0, width, height };
}

export function isSame(a, b) {
  return ["canvasWidth", "canvasHeight", "x", "y", "width", "height"].every((name) => a[name] === b[name]);
}

/** By how many pixels the canvas reaches over the picture at each side (negative: the picture is cut). */
export function extension({ canvasWidth, canvasHeight, x, y, width, height }) {
  return { left: x, right: canvasWidth - x - width, up: y, down: canvasHeight - y - height };
}

/** The same picture in a frame whose sides reach over it by `sides`. */
export function framed(placement, sides) {
  const { left, right, up, down } = { ...extension(placement), ...sides };
  const { width, height } = placement;
  return whole({ canvasWidth: width + left + right, canvasHeight: height + up + down, x: left, y: up, width, height });
}

export function whole(placement) {
  return Object.fromEntries(Object.entries(placement).map(([name, value]) => [name, Math.round(value)]));
}

/** The smallest canvas of this ratio that holds the picture, which stays in its middle. */
export function toRatio(base, ratio) {
  const wide = base.width / base.height < ratio;
  const canvasWidth = Math.round(wide ? base.height * ratio : base.width);
  const canvasHeight = Math.round(wide ? base.height : base.width / ratio);
  return centred(base, canvasWidth, canvasHeight);
}

/** A canvas larger all around by a factor. */
export function enlarged(base, factor) {
  return centred(base, Math.round(base.width * factor), Math.round(base.height * factor));
}

function centred({ width, height }, canvasWidth, canvasHeight) {
  return whole({ canvasWidth, canvasHeight, x: (canvasWidth - width) / 2, y: (canvasHeight - height) / 2, width, height });
}

/** The picture scaled to `width`, its middle where it was. */
export function scaled(placement, base, width) {
  const height = (width * base.height) / base.width;
  const x = placement.x + (placement.width - width) / 2;
  const y = placement.y + (placement.height - height) / 2;
  return whole({ ...placement, x, y, width, height });
}

/** Whether some of the picture is on the canvas. */
export function overlaps({ canvasWidth, canvasHeight, x, y, width, height }) {
  return x < canvasWidth && y < canvasHeight && x + width > 0 && y + height > 0;
}

/** The one side that is extended while all the rest is as it was; null otherwise. */
export function onlySide(placement, base) {
  if (placement.width !== base.width || placement.height !== base.height) return null;
  const over = extension(placement);
  const moved = SIDES.filter((side) => over[side] !== 0);
  return moved.length === 1 && over[moved[0]] > 0 ? moved[0] : null;
}

/** The factor by which the canvas is larger all around; null when it is not the same on all sides. */
export function allAround(placement, base) {
  if (placement.width !== base.width || placement.height !== base.height) return null;
  const factor = placement.canvasWidth / base.width;
  const expected = enlarged(base, factor);
  const near = (name) => Math.abs(expected[name] - placement[name]) <= 2;
  return factor > 1 && near("canvasHeight") && near("x") && near("y") ? factor : null;
}

/** `value`, or the nearest of `lines` within `reach`. */
export function snapped(value, lines, reach) {
  const best = lines.reduce((near, line) => (Math.abs(line - value) < Math.abs(near - value) ? line : near), Infinity);
  return Math.abs(best - value) <= reach ? best : value;
}
