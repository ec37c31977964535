// The sitting: which picture is worked on, with what, and what has been done to it. The parts of the page listen
// to it: "session", "tool", "mask", "placement", "history", "layers", "preview", "prompt".

import { announce, say } from "./dom.js";
import { Picture } from "./picture.js";
import { isSame, untouched } from "./placement.js";
import { Session } from "./session.js";
import { toolsFor } from "./tools/index.js";
import { View } from "./view.js";

const SIZES = { brush: { size: 64, softness: 20 }, eraser: { size: 64, softness: 20 } };
const KEPT = "editor:tools";

export class Editor extends EventTarget {
  constructor(root, data, store) {
    super();
    this.root = root;
    this.data = data;
    this.store = store;
    this.sessions = new Map();
    this.session = null;
    this.layers = { mask: true, extension: true, image: true, reference: true, maskOnly: false };
    this.reference = null;
    this.preview = null;
    this.crosshair = { isShown: false, x: 0, y: 0 };
    this.readSettings();
    this.view = new View(root.querySelector(".stage"), this);
    this.tools = toolsFor(this);
    this.tool = this.tools.brush;
    this.mode = "add";
  }

  tell(name) {
    this.dispatchEvent(new Event(name));
  }

  on(names, act) {
    for (const name of names.split(" ")) this.addEventListener(name, () => act(this));
  }

  announce(name, values) {
    announce(say(name, values));
  }

  // ── pictures ──

  /** Makes `base` the picture that is worked on. */
  async open(base) {
    this.tool.leave();
    let session = this.sessions.get(base.ref);
    if (!session) {
      session = new Session(base, () => this.tell("history"));
      this.sessions.set(base.ref, session);
      session.restore(await this.store.read(base.ref));
    }
    this.session = session;
    this.setPreview(null);
    this.store.write(this.baseName, base.ref);
    this.view.stage.setAttribute("aria-label", base.alt);
    this.view.fit();
    this.tell("session");
    this.setBusy(!session.picture);
    try {
      session.picture ??= await Picture.load(base.url);
    } finally {
      this.setBusy(false);
    }
    if (this.session === session) this.view.all();
  }

  /** The name under which the browser keeps which picture of this sitting is worked on. */
  get baseName() {
    return `base of ${this.data.source.ref}`;
  }

  get offers() {
    return this.data.offers[this.session.base.ref] ?? [];
  }

  get mostCanvas() {
    const { base } = this.session;
    return Math.max(3 * Math.max(base.width, base.height), ...this.offers.map(({ limits }) => limits?.canvas_max ?? 0));
  }

  setBusy(isBusy) {
    this.view.stage.setAttribute("aria-busy", isBusy);
  }

  /** What "fit" fits, on the canvas. */
  shownBox() {
    const { base, placement } = this.session;
    if (!this.preview) return { x: 0, y: 0, width: placement.canvasWidth, height: placement.canvasHeight };
    const { box, cut } = this.preview;
    if (cut === null) return box;
    const [x, y] = [Math.min(0, box.x), Math.min(0, box.y)];
    return { x, y, width: Math.max(base.width, box.x + box.width) - x, height: Math.max(base.height, box.y + box.height) - y };
  }

  /** A version shown in place of the picture: {version, output, picture, box, cut, isFlickering}. */
  setPreview(preview) {
    if (preview === this.preview) return;
    this.tool.leave();
    this.preview = preview;
    this.refit();
    this.view.all();
    this.tell("preview");
  }

  // ── tools ──

  use(name) {
    if (!this.tools[name] || this.tools[name] === this.tool) return;
    this.tool.leave();
    this.tool = this.tools[name];
    this.crosshair.isShown = false;
    this.view.invalidate("marks");
    this.tell("tool");
  }

  /** X: the brush and the eraser take turns; areas are added or taken away. */
  swapMode() {
    if (this.tool.name === "brush") this.use("eraser");
    else if (this.tool.name === "eraser") this.use("brush");
    else this.setMode(this.mode === "add" ? "subtract" : "add");
  }

  setMode(mode) {
    this.mode = mode;
    this.tell("tool");
    this.announce(mode);
  }

  /** A place on the canvas, and in the mask. */
  place(x, y) {
    const { placement, mask } = this.session;
    return { x, y, mx: ((x - placement.x) * mask.width) / placement.width, my: ((y - placement.y) * mask.height) / placement.height, pressure: 1 };
  }

  readSettings() {
    this.settings = { ...structuredClone(SIZES), tolerance: 14, colour: "#ff3d6e", opacity: 50 };
    try {
      Object.assign(this.settings, JSON.parse(localStorage.getItem(KEPT) ?? "{}"));
    } catch {
      // a browser that keeps nothing
    }
    this.brushes = this.settings;
  }

  keepSettings() {
    try {
      localStorage.setItem(KEPT, JSON.stringify(this.settings));
    } catch {
      // a browser that keeps nothing
    }
    this.tell("tool");
  }

  get tolerance() {
    return this.settings.tolerance;
  }

  get largestBrush() {
    const { width, height } = this.session.base;
    return Math.max(200, Math.round(Math.max(width, height) / 3));
  }

  // ── what is done, and undone ──

  /** Ends a step on the mask; the step, or null when nothing changed. */
  commitMask() {
    const { session } = this;
    const changed = session.mask.commit();
    this.view.invalidate("strokes");
    if (!changed) return null;
    const again = () => {
      session.mask.apply(changed);
      this.view.invalidate("strokes");
      this.tell("mask");
    };
    const step = session.history.push({ undo: again, redo: again });
    this.tell("mask");
    return step;
  }

  rollbackMask() {
    this.session?.mask.rollback();
    this.view.invalidate("strokes");
  }

  changeMask(change) {
    this.tool.leave();
    change(this.session.mask);
    return this.commitMask();
  }

  /** Shows a placement; `keepPlacement` makes it a step. With `stays` the picture stays where it is on the screen. */
  setPlacement(placement, { stays = false } = {}) {
    const { session, view } = this;
    if (stays) {
      view.x += (session.placement.x - placement.x) * view.scale;
      view.y += (session.placement.y - placement.y) * view.scale;
    }
    session.placement = placement;
    view.all();
    this.tell("placement");
  }

  keepPlacement(before) {
    const { session } = this;
    const after = session.placement;
    if (isSame(before, after)) return;
    const resized = before.canvasWidth !== after.canvasWidth || before.canvasHeight !== after.canvasHeight;
    const to = (placement) => () => {
      this.setPlacement(placement, { stays: resized });
      this.refit();
    };
    session.history.push({ undo: to(before), redo: to(after) });
    this.refit();
    this.tell("placement");
  }

  /** A fitted view stays fitted, so that the frame and its handles stay in sight. */
  refit() {
    if (this.view.fitted) this.view.fit();
  }

  /** A placement at once, as a step. */
  changePlacement(placement, options) {
    const before = this.session.placement;
    this.setPlacement(placement, options);
    this.keepPlacement(before);
  }

  resetPlacement() {
    this.changePlacement(untouched(this.session.base), { stays: true });
    this.view.fit();
  }

  undo() {
    this.tool.leave();
    if (this.session.history.undo()) this.announce("undone");
  }

  redo() {
    this.tool.leave();
    if (this.session.history.redo()) this.announce("redone");
  }

  setLayers(changes) {
    Object.assign(this.layers, changes);
    this.view.all();
    this.tell("layers");
  }

  // ── marks over the picture ──

  drawMarks(context, view) {
    const { session, tool } = this;
    const isFramed = tool.name === "frame" || tool.name === "move" || !session.isUntouched;
    if (isFramed) this.drawFrame(context, view);
    tool.draw(context, view);
    if (this.crosshair.isShown) drawCrosshair(context, view.toStage(this.crosshair.x, this.crosshair.y));
  }

  drawFrame(context, view) {
    const { canvasWidth, canvasHeight } = this.session.placement;
    const from = view.toStage(0, 0);
    const to = view.toStage(canvasWidth, canvasHeight);
    context.strokeStyle = view.palette.accent;
    context.lineWidth = 1.5;
    context.strokeRect(from.x, from.y, to.x - from.x, to.y - from.y);
  }
}

function drawCrosshair(context, { x, y }) {
  for (const [width, colour] of [[3.5, "#1c1c1c"], [1.5, "#fff"]]) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + dx * 4, y + dy * 4);
      context.lineTo(x + dx * 14, y + dy * 14);
    }
    context.stroke();
  }
}
