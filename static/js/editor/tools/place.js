// Tools that place things: move (the picture on its canvas), frame (the canvas around it), hand (the view).

import { overlaps, snapped, whole } from "../placement.js";
import { Tool } from "./tool.js";

const SNAP = 8; // CSS pixels

export class Move extends Tool {
  name = "move";
  isDrawing = false;
  cursor = "move";

  down(point) {
    this.from = point;
    this.before = this.editor.session.placement;
  }

  move(points, event) {
    if (!this.from) return;
    const point = points.at(-1);
    this.shift(point.x - this.from.x, point.y - this.from.y, !event?.ctrlKey);
  }

  shift(dx, dy, snaps) {
    const { before, editor } = this;
    const reach = snaps ? SNAP / editor.view.zoom : 0;
    const x = snapped(before.x + dx, [0, before.canvasWidth - before.width, (before.canvasWidth - before.width) / 2], reach);
    const y = snapped(before.y + dy, [0, before.canvasHeight - before.height, (before.canvasHeight - before.height) / 2], reach);
    const placement = whole({ ...before, x, y });
    if (overlaps(placement)) editor.setPlacement(placement);
  }

  up() {
    if (!this.from) return;
    this.from = null;
    this.editor.keepPlacement(this.before);
  }

  cancel() {
    if (this.from) this.editor.setPlacement(this.before);
    this.from = null;
  }

  key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!step) return false;
    const by = event.shiftKey ? 10 : 1;
    this.before = this.editor.session.placement;
    this.shift(step[0] * by, step[1] * by, false);
    this.editor.keepPlacement(this.before);
    const { x, y } = this.editor.session.placement;
    this.editor.announce("position", { x, y });
    return true;
  }
}

/** The frame is pulled by its handles; on the canvas itself this tool moves the picture in it. */
export class Frame extends Move {
  name = "frame";
}

export class Hand extends Tool {
  name = "hand";
  isDrawing = false;
  cursor = "grab";
  pans = true;

  key(event) {
    const step = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!step) return false;
    this.editor.view.pan(step[0] * 40, step[1] * 40);
    return true;
  }
}
