// What is seen of the canvas: where and how large, drawn in three layers (picture, mask, marks), each only when it
// changed, once a frame. Places on the canvas are pixels of the result; on the screen they are device pixels.

import { drawMask, exact, tint } from "./overlay.js";
import { drawScene, drawVersion } from "./scene.js";

const LEAST = 0.02;
const MOST = 40;
const STEP = 1.25;

export class View {
  constructor(stage, editor) {
    this.stage = stage;
    this.editor = editor;
    this.canvases = Object.fromEntries([...stage.querySelectorAll("canvas")].map((canvas) => [canvas.dataset.layer, canvas]));
    this.contexts = Object.fromEntries(Object.entries(this.canvases).map(([name, canvas]) => [name, canvas.getContext("2d")]));
    this.scale = 1; // device pixels a canvas pixel
    this.x = 0;
    this.y = 0;
    this.fitted = true;
    this.stale = new Set();
    this.frame = 0;
    this.moved = new Set();
    new ResizeObserver(() => this.resize()).observe(stage);
    this.readColours();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readColours());
    new MutationObserver(() => this.readColours()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  // ── places ──

  get pixelRatio() {
    return window.devicePixelRatio || 1;
  }

  /** CSS pixels a canvas pixel. */
  get zoom() {
    return this.scale / this.pixelRatio;
  }

  /** From the pointer's place to the canvas. */
  toCanvas(clientX, clientY) {
    const box = this.box;
    const ratio = this.pixelRatio;
    return { x: ((clientX - box.left) * ratio - this.x) / this.scale, y: ((clientY - box.top) * ratio - this.y) / this.scale };
  }

  /** From the canvas to CSS pixels within the stage. */
  toStage(x, y) {
    const ratio = this.pixelRatio;
    return { x: (this.x + x * this.scale) / ratio, y: (this.y + y * this.scale) / ratio };
  }

  /** A rectangle of the canvas in device pixels. */
  onScreen({ x, y, width, height }) {
    return { x: this.x + x * this.scale, y: this.y + y * this.scale, width: width * this.scale, height: height * this.scale };
  }

  // ── zoom and pan ──

  resize() {
    this.box = this.stage.getBoundingClientRect();
    const ratio = this.pixelRatio;
    const width = Math.round(this.box.width * ratio);
    const height = Math.round(this.box.height * ratio);
    const { picture } = this.canvases;
    const was = { width: picture.width, height: picture.height };
    for (const canvas of Object.values(this.canvases)) Object.assign(canvas, { width, height });
    if (this.fitted) this.fit();
    else this.pan((width - was.width) / 2 / ratio, (height - was.height) / 2 / ratio);
    this.all();
  }

  fit() {
    if (!this.box?.width || !this.editor.session) return;
    const ratio = this.pixelRatio;
    const narrow = this.box.width < 640;
    const low = this.box.height < 320; // a phone held sideways
    const space = { x: narrow ? 18 : 48, top: low ? 64 : 68, bottom: low ? 14 : narrow ? 60 : 68 };
    const shown = this.editor.shownBox();
    const width = Math.max(40, this.box.width - 2 * space.x) * ratio;
    const height = Math.max(40, this.box.height - space.top - space.bottom) * ratio;
    this.scale = Math.min(width / shown.width, height / shown.height, 4 * ratio);
    this.x = space.x * ratio + (width - shown.width * this.scale) / 2 - shown.x * this.scale;
    this.y = space.top * ratio + (height - shown.height * this.scale) / 2 - shown.y * this.scale;
    this.fitted = true;
    this.all();
  }

  /** Zooms so that the place under the pointer stays; without one, the middle stays. */
  zoomBy(factor, clientX = this.box.left + this.box.width / 2, clientY = this.box.top + this.box.height / 2) {
    const at = this.toCanvas(clientX, clientY);
    const scale = Math.min(MOST * this.pixelRatio, Math.max(LEAST, this.scale * factor));
    this.x += at.x * (this.scale - scale);
    this.y += at.y * (this.scale - scale);
    this.scale = scale;
    this.fitted = false;
    this.all();
  }

  larger() {
    this.zoomBy(STEP);
  }

  smaller() {
    this.zoomBy(1 / STEP);
  }

  actual() {
    this.zoomBy(this.pixelRatio / this.scale);
  }

  pan(dx, dy) {
    this.x += dx * this.pixelRatio;
    this.y += dy * this.pixelRatio;
    this.fitted = false;
    this.all();
  }

  // ── drawing ──

  all() {
    this.invalidate("picture", "mask", "marks");
  }

  /** Has layers drawn again with the next frame: "picture", "mask" (whole), "marks", "strokes" (of the mask only
   *  what was painted). */
  invalidate(...layers) {
    for (const layer of layers) this.stale.add(layer);
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = 0;
    const { stale, editor } = this;
    this.stale = new Set();
    if (!editor.session) return;
    if (stale.has("picture")) this.drawPicture();
    if (stale.has("mask")) this.drawWholeMask();
    else if (stale.has("strokes")) this.drawStrokes();
    if (stale.has("marks")) this.drawMarks();
    if (stale.has("picture") || stale.has("marks")) for (const follow of this.moved) follow(this);
  }

  drawPicture() {
    const context = this.contexts.picture;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    const { preview, layers } = this.editor;
    if (preview) drawVersion(context, this, preview, this.editor);
    else if (!layers.maskOnly) drawScene(context, this, this.editor);
  }

  get maskShown() {
    const { preview, layers } = this.editor;
    return !preview && (layers.mask || layers.maskOnly);
  }

  /** Where the mask lies: it moves with the picture. */
  get maskPlace() {
    return this.onScreen(this.editor.session.placement);
  }

  drawWholeMask() {
    const context = this.contexts.mask;
    const { mask } = this.editor.session;
    mask.takeDirty();
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    if (!this.maskShown) return;
    const box = this.editor.layers.maskOnly ? { x0: 0, y0: 0, x1: mask.width, y1: mask.height } : mask.bounds();
    if (box) this.drawMaskBox(box);
  }

  drawStrokes() {
    const boxes = this.editor.session.mask.takeDirty();
    if (this.maskShown) for (const box of boxes) this.drawMaskBox(box);
  }

  drawMaskBox({ x0, y0, x1, y1 }) {
    const { mask } = this.editor.session;
    const place = this.maskPlace;
    const across = place.width / mask.width;
    const down = place.height / mask.height;
    const rect = { x0: place.x + x0 * across - 1, y0: place.y + y0 * down - 1, x1: place.x + x1 * across + 1, y1: place.y + y1 * down + 1 };
    const { maskOnly } = this.editor.layers;
    const colours = maskOnly ? exact : this.colours;
    drawMask(this.contexts.mask, mask, place, rect, colours, { outlined: !maskOnly, pixelRatio: this.pixelRatio });
    if (maskOnly) this.clipMask(place);
  }

  /** Outside the picture there is no mask; the table of exact colours would paint it black. */
  clipMask({ x, y, width, height }) {
    const context = this.contexts.mask;
    context.save();
    context.beginPath();
    context.rect(0, 0, context.canvas.width, context.canvas.height);
    context.rect(Math.round(x), Math.round(y), Math.round(width), Math.round(height));
    context.clip("evenodd");
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.restore();
  }

  setTint(hex, opacity) {
    this.colours = tint(hex, opacity);
    this.invalidate("mask");
  }

  drawMarks() {
    const context = this.contexts.marks;
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    if (this.editor.preview) return;
    context.save();
    context.scale(this.pixelRatio, this.pixelRatio);
    this.editor.drawMarks(context, this);
    context.restore();
  }

  readColours() {
    const probe = document.createElement("i");
    this.stage.append(probe);
    const resolve = (name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    };
    this.palette = {
      accent: resolve("--accent-ring"),
      stage: resolve("--stage"),
      checks: [resolve("--check-1"), resolve("--check-2")],
    };
    probe.remove();
    this.all();
  }
}
