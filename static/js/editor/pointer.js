// Mouse, pen and fingers on the stage. One finger draws, two zoom and pan; once a pen was seen, fingers only pan.

const WHEEL = 0.0016; // of zoom a wheel's pixel
const LINE = 16; // pixels a wheel's line

export class PointerInput {
  constructor(editor) {
    this.editor = editor;
    this.view = editor.view;
    this.stage = editor.view.stage;
    this.pointers = new Map();
    this.active = null; // the pointer that draws
    this.gesture = null; // "draw", "pan", "pinch" or "cut"
    this.spaceHeld = false;
    this.penSeen = false;
    const { stage } = this;
    stage.addEventListener("pointerdown", (event) => this.down(event));
    stage.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => this.up(event));
    stage.addEventListener("pointerleave", () => this.showCursor(false));
    stage.addEventListener("blur", () => stage.removeAttribute("data-by-pointer"));
    stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    stage.addEventListener("contextmenu", (event) => event.pointerType !== "mouse" && event.preventDefault());
    editor.root.addEventListener("click", (event) => {
      const isPointer = event.detail > 0 && event.target.closest(".rail [data-tool], .zoom button, [data-undo], [data-redo], [data-mask='invert'], [data-mask='clear']");
      if (isPointer) this.takeFocus();
    });
    this.cursor = stage.querySelector(".cursor");
    editor.on("tool preview session", () => this.dress());
    this.view.moved.add(() => this.sizeCursor());
    this.dress();
  }

  get isDrawing() {
    return this.gesture === "draw";
  }

  /** The canvas has the keys again after a click on a tool, so that Space pans and does not press the tool. */
  takeFocus() {
    this.stage.toggleAttribute("data-by-pointer", true); // no ring for who sees the pointer
    this.stage.focus({ preventScroll: true });
  }

  // ── down, move, up ──

  down(event) {
    if (!this.editor.session || event.target.closest("button, a, input")) return;
    this.penSeen ||= event.pointerType === "pen";
    this.takeFocus();
    this.stage.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY, type: event.pointerType });
    this.editor.crosshair.isShown = false;
    const fingers = [...this.pointers.values()].filter(({ type }) => type === "touch").length;
    if (fingers === 2) {
      this.startPinch();
      return;
    }
    if (this.gesture) return;
    this.active = event.pointerId;
    this.gesture = this.gestureFor(event);
    if (this.gesture === "draw") this.editor.tool.down(this.point(event), event);
    if (this.gesture === "cut") this.cut(event);
    this.dress();
    event.preventDefault();
  }

  gestureFor(event) {
    const { preview, tool } = this.editor;
    const byFinger = event.pointerType === "touch" && this.penSeen && tool.isDrawing;
    if (event.button === 1 || this.spaceHeld || byFinger) return "pan";
    if (event.button !== 0) return null;
    if (preview) return preview.cut === null ? "pan" : "cut";
    return tool.pans ? "pan" : "draw";
  }

  move(event) {
    const known = this.pointers.get(event.pointerId);
    if (event.pointerType !== "touch") this.moveCursor(event);
    if (!known) {
      if (this.editor.session && !this.editor.preview) this.editor.tool.hover(this.point(event));
      return;
    }
    const { x, y } = known;
    Object.assign(known, { x: event.clientX, y: event.clientY });
    if (this.gesture === "pinch") this.pinch();
    if (event.pointerId !== this.active) return;
    if (this.gesture === "pan") this.view.pan(event.clientX - x, event.clientY - y);
    if (this.gesture === "cut") this.cut(event);
    if (this.gesture === "draw") this.draw(event);
  }

  draw(event) {
    const all = event.getCoalescedEvents?.() ?? [];
    this.editor.tool.move((all.length ? all : [event]).map((one) => this.point(one)), event);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.gesture === "pinch") {
      if (!this.pointers.size) this.gesture = null;
      this.pinched = null;
      return;
    }
    if (event.pointerId !== this.active) return;
    const { gesture } = this;
    this.gesture = this.active = null;
    if (gesture === "draw") {
      if (event.type === "pointercancel") this.editor.tool.cancel();
      else this.editor.tool.up(this.point(event), event);
    }
    this.dress();
  }

  /** Ends what is being drawn, as if it had not begun. */
  cancel() {
    if (this.gesture === "draw") this.editor.tool.cancel();
    this.gesture = this.active = null;
    this.dress();
  }

  point(event) {
    const { x, y } = this.view.toCanvas(event.clientX, event.clientY);
    return { ...this.editor.place(x, y), pressure: event.pointerType === "pen" ? event.pressure : 1 };
  }

  cut(event) {
    const { preview } = this.editor;
    const { x } = this.view.toCanvas(event.clientX, event.clientY);
    preview.cut = Math.max(0, Math.min(1, (x - preview.box.x) / preview.box.width));
    this.editor.tell("cut");
    this.view.invalidate("picture");
  }

  // ── two fingers, wheel ──

  startPinch() {
    // the first finger may have begun to draw before the second arrived
    if (this.gesture === "draw") this.editor.tool.cancel();
    this.gesture = "pinch";
    this.active = null;
    this.pinched = null;
    this.pinch();
  }

  pinch() {
    const [a, b] = [...this.pointers.values()];
    if (!a || !b) return;
    const now = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2, spread: Math.hypot(a.x - b.x, a.y - b.y) };
    const was = this.pinched;
    this.pinched = now;
    if (!was) return;
    this.view.pan(now.x - was.x, now.y - was.y);
    if (was.spread && now.spread) this.view.zoomBy(now.spread / was.spread, now.x, now.y);
  }

  wheel(event) {
    event.preventDefault();
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
    if (event.shiftKey) {
      this.view.pan(-(event.deltaX || event.deltaY) * unit, 0);
      return;
    }
    // a pinch on a touchpad comes as a wheel with Ctrl, in smaller steps
    const strength = event.ctrlKey ? 6 : 1;
    this.view.zoomBy(Math.exp(-event.deltaY * unit * WHEEL * strength), event.clientX, event.clientY);
  }

  // ── the cursor ──

  holdSpace(isHeld) {
    this.spaceHeld = isHeld;
    this.dress();
  }

  /** The stage's cursor; a brush shows its size instead. */
  dress() {
    const { tool, preview } = this.editor;
    const pans = this.spaceHeld || this.gesture === "pan" || (preview && preview.cut === null);
    this.isRound = tool.hasSize && !pans && !preview;
    const plain = preview ? "ew-resize" : tool.cursor;
    this.stage.style.cursor = pans || tool.pans ? (this.gesture === "pan" ? "grabbing" : "grab") : this.isRound ? "none" : plain;
    this.sizeCursor();
    this.showCursor(this.isRound && this.stage.matches(":hover"));
  }

  showCursor(isShown) {
    this.cursor.hidden = !isShown;
  }

  sizeCursor() {
    if (!this.isRound || !this.editor.session) return;
    const { placement, mask } = this.editor.session;
    const size = (this.editor.tool.options.size * placement.width * this.view.zoom) / mask.width;
    this.cursor.style.setProperty("--size", `${Math.max(3, size).toFixed(1)}px`);
  }

  moveCursor(event) {
    if (!this.isRound) return;
    if (this.cursor.hidden) this.showCursor(true);
    const { left, top } = this.view.box;
    this.cursor.style.transform = `translate(${event.clientX - left}px, ${event.clientY - top}px) translate(-50%, -50%)`;
  }
}
