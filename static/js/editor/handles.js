// The handles of the frame, and of the picture while it is moved. They are buttons: arrows move them too.

import { announce, say } from "./dom.js";
import { enlarged, extension, framed, LEAST_CANVAS, overlaps, scaled, snapped } from "./placement.js";

const SNAP = 8; // CSS pixels
const RATIOS = [1, 4 / 3, 3 / 4, 3 / 2, 2 / 3, 16 / 9, 9 / 16];
const STEP = { plain: 10, shift: 100, alt: 1 };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Handles {
  constructor(editor) {
    this.editor = editor;
    this.box = editor.root.querySelector(".handles");
    this.buttons = [...this.box.querySelectorAll("button")];
    this.dragged = null;
    for (const button of this.buttons) {
      button.addEventListener("pointerdown", (event) => this.down(event, button));
      button.addEventListener("pointermove", (event) => this.move(event));
      for (const name of ["pointerup", "pointercancel"]) button.addEventListener(name, () => this.up());
      button.addEventListener("keydown", (event) => this.key(event, button));
    }
    editor.on("tool session preview placement", () => this.show());
    editor.view.moved.add(() => this.show());
  }

  get framing() {
    return this.editor.tool.name === "frame";
  }

  show() {
    const { session, tool, preview, view } = this.editor;
    this.box.hidden = !session || preview || (tool.name !== "frame" && tool.name !== "move");
    if (this.box.hidden) return;
    const { placement } = session;
    const rect = this.framing ? { x: 0, y: 0, width: placement.canvasWidth, height: placement.canvasHeight } : placement;
    for (const button of this.buttons) {
      const { across, down } = sides(button);
      button.hidden = !this.framing && !(across && down);
      const at = view.toStage(rect.x + (rect.width * (across + 1)) / 2, rect.y + (rect.height * (down + 1)) / 2);
      button.style.transform = `translate(${at.x}px, ${at.y}px) translate(-50%, -50%)`;
    }
  }

  // ── by pointer ──

  down(event, button) {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    button.focus({ preventScroll: true });
    button.setPointerCapture(event.pointerId);
    this.dragged = { ...sides(button), x: event.clientX, y: event.clientY, before: this.editor.session.placement };
  }

  move(event) {
    if (!this.dragged) return;
    const { view } = this.editor;
    const dx = (event.clientX - this.dragged.x) / view.zoom;
    const dy = (event.clientY - this.dragged.y) / view.zoom;
    const reach = event.ctrlKey ? 0 : SNAP / view.zoom;
    this.pull(this.dragged, dx, dy, { reach, around: event.altKey });
  }

  up() {
    const { dragged } = this;
    this.dragged = null;
    if (dragged) this.editor.keepPlacement(dragged.before);
  }

  // ── by keys ──

  key(event, button) {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    event.stopPropagation();
    const { across, down } = sides(button);
    const by = event.altKey ? STEP.alt : event.shiftKey ? STEP.shift : STEP.plain;
    const before = this.editor.session.placement;
    this.pull({ across, down, before }, arrow[0] * by, arrow[1] * by, { reach: 0 });
    this.editor.keepPlacement(before);
    const { canvasWidth, canvasHeight, width, height } = this.editor.session.placement;
    announce(say("size", this.framing ? { width: canvasWidth, height: canvasHeight } : { width, height }));
  }

  // ── both ──

  pull({ across, down, before }, dx, dy, { reach, around }) {
    if (this.framing) this.pullFrame(before, across, down, dx, dy, reach, around);
    else this.scale(before, across, down, dx, dy, reach);
  }

  pullFrame(before, across, down, dx, dy, reach, around) {
    const { base } = this.editor.session;
    const over = extension(before);
    if (around) {
      const grown = across ? across * dx * 2 : (down * dy * 2 * base.width) / base.height;
      const factor = Math.min((before.canvasWidth + grown) / base.width, this.editor.mostCanvas / Math.max(base.width, base.height));
      this.set(enlarged(base, Math.max(1, factor)));
      return;
    }
    const changed = {};
    if (across) {
      const side = across < 0 ? "left" : "right";
      const lines = this.lines(before.width, over[across < 0 ? "right" : "left"], before.canvasHeight, 1);
      changed[side] = this.limited(snapped(over[side] + across * dx, lines, reach), before.canvasWidth - over[side]);
    }
    if (down) {
      const side = down < 0 ? "up" : "down";
      const lines = this.lines(before.height, over[down < 0 ? "down" : "up"], before.canvasWidth, -1);
      changed[side] = this.limited(snapped(over[side] + down * dy, lines, reach), before.canvasHeight - over[side]);
    }
    this.set(framed(before, changed));
  }

  /** Where a side snaps: the picture's edge, the other side's extension, and well-known ratios. */
  lines(size, other, across, power) {
    return [0, other, ...RATIOS.map((ratio) => across * ratio ** power - size - other)];
  }

  /** An extension so that the canvas is neither too small nor too large; `rest` is the canvas without it. */
  limited(value, rest) {
    return Math.round(Math.max(LEAST_CANVAS - rest, Math.min(this.editor.mostCanvas - rest, value)));
  }

  scale(before, across, down, dx, dy, reach) {
    const { base } = this.editor.session;
    const grown = Math.abs(dx) > Math.abs(dy) ? across * dx : (down * dy * base.width) / base.height;
    const width = snapped(before.width + grown, [base.width, before.canvasWidth, (before.canvasHeight * base.width) / base.height], reach);
    const sized = scaled(before, base, Math.max(16, Math.min(this.editor.mostCanvas * 2, width)));
    // the opposite corner stays
    sized.x = across > 0 ? before.x : before.x + before.width - sized.width;
    sized.y = down > 0 ? before.y : before.y + before.height - sized.height;
    this.set(sized);
  }

  set(placement) {
    if (overlaps(placement)) this.editor.setPlacement(placement, { stays: this.framing });
  }
}

function sides(button) {
  const { side } = button.dataset;
  return {
    across: side.includes("left") ? -1 : side.includes("right") ? 1 : 0,
    down: side.includes("up") ? -1 : side.includes("down") ? 1 : 0,
  };
}
