// Draws the picture in its frame: squares where something is to come, what lies outside the frame paler, a
// reference over it; or a version, alone or beside what it was made from.

const CHECK = 9; // CSS pixels
const SHARP_FROM = 3; // times its size, from where pixels are shown as squares

export function drawScene(context, view, { session, layers, reference }) {
  const { placement, picture } = session;
  const frame = view.onScreen({ x: 0, y: 0, width: placement.canvasWidth, height: placement.canvasHeight });
  if (layers.extension) drawChecks(context, view, frame);
  if (layers.image && picture) drawImage(context, view, picture, placement);
  if (reference?.picture && layers.reference) {
    context.globalAlpha = reference.opacity;
    drawImage(context, view, reference.picture, contained(reference.picture, placement));
    context.globalAlpha = 1;
  }
  paleOutside(context, view, frame, view.onScreen(placement));
}

/** A version over the picture it came from; `cut` (0–1) is where one gives way to the other. */
export function drawVersion(context, view, preview, { session }) {
  const base = { x: 0, y: 0, width: session.base.width, height: session.base.height };
  const { cut, picture, box } = preview;
  if (preview.isFlickering || !picture) {
    if (session.picture) drawImage(context, view, session.picture, base);
    return;
  }
  if (cut === null || !session.picture) {
    drawImage(context, view, picture, box);
    return;
  }
  const { x, width } = view.onScreen(box);
  const edge = Math.round(x + width * cut);
  clipped(context, 0, edge, () => drawImage(context, view, session.picture, base));
  clipped(context, edge, context.canvas.width - edge, () => drawImage(context, view, picture, box));
}

function clipped(context, x, width, draw) {
  context.save();
  context.beginPath();
  context.rect(x, 0, width, context.canvas.height);
  context.clip();
  draw();
  context.restore();
}

function drawImage(context, view, picture, rect) {
  const { x, y, width, height } = view.onScreen(rect);
  context.imageSmoothingEnabled = width / picture.width < SHARP_FROM;
  context.imageSmoothingQuality = "medium";
  context.drawImage(picture.level(width), x, y, width, height);
}

/** As large as fits into the picture's place, in its middle. */
function contained(picture, { x, y, width, height }) {
  const scale = Math.min(width / picture.width, height / picture.height);
  const size = { width: picture.width * scale, height: picture.height * scale };
  return { x: x + (width - size.width) / 2, y: y + (height - size.height) / 2, ...size };
}

function drawChecks(context, view, { x, y, width, height }) {
  const size = Math.round(CHECK * view.pixelRatio);
  const tile = new OffscreenCanvas(size * 2, size * 2);
  const draw = tile.getContext("2d");
  const [one, two] = view.palette.checks;
  draw.fillStyle = one;
  draw.fillRect(0, 0, size * 2, size * 2);
  draw.fillStyle = two;
  draw.fillRect(0, 0, size, size);
  draw.fillRect(size, size, size, size);
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().translate(x, y));
  context.fillStyle = pattern;
  context.fillRect(x, y, width, height);
}

function paleOutside(context, view, frame, image) {
  context.save();
  context.beginPath();
  context.rect(image.x - 1, image.y - 1, image.width + 2, image.height + 2);
  context.clip();
  context.beginPath();
  context.rect(0, 0, context.canvas.width, context.canvas.height);
  context.rect(frame.x, frame.y, frame.width, frame.height);
  context.globalAlpha = 0.72;
  context.fillStyle = view.palette.stage;
  context.fill("evenodd");
  context.restore();
}
