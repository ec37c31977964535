// Painting by laying prints along the pointer's way; the eraser is the same, taking away.

import { brushPrint } from "../raster.js";
import { Tool } from "./tool.js";

const SPACING = 0.06; // of the diameter: dense enough that edges look drawn, not printed
const LIGHTEST = 0.2; // the part of the size that a pen has with no pressure

export class Brush extends Tool {
  name = "brush";
  paints = true;
  hasSize = true;

  get options() {
    return this.editor.brushes[this.name];
  }

  down(point, event) {
    const { end } = this;
    this.before = null;
    this.at = point;
    this.rest = 0;
    this.laysOn = this.paints !== Boolean(event?.altKey);
    if (event?.shiftKey && end) {
      this.at = end;
      this.line(end, point);
    } else {
      this.print(point);
    }
    this.painted();
  }

  move(points) {
    for (const point of points) {
      const middle = between(this.at, point, 0.5);
      if (this.before) this.curve(this.before, this.at, middle);
      else this.line(this.at, middle);
      this.before = middle;
      this.at = point;
    }
    this.painted();
  }

  up() {
    if (this.before) {
      this.line(this.before, this.at);
      this.print(this.at);
    }
    this.painted();
    this.end = this.at;
    this.editor.commitMask();
  }

  cancel() {
    this.editor.rollbackMask();
  }

  painted() {
    this.editor.view.invalidate("strokes");
  }

  print({ mx, my, pressure }) {
    const { size, softness } = this.options;
    const diameter = Math.max(1, size * (LIGHTEST + (1 - LIGHTEST) * pressure));
    this.mask.print(brushPrint(diameter, softness / 100), mx, my, this.laysOn);
  }

  line(from, to) {
    const length = Math.hypot(to.mx - from.mx, to.my - from.my);
    const step = Math.max(1, this.options.size * SPACING);
    let at = step - this.rest;
    for (; at <= length; at += step) this.print(between(from, to, at / length));
    this.rest = length - (at - step);
  }

  /** A curve from the middle of one way to the middle of the next, pulled by the corner between them. */
  curve(from, corner, to) {
    const rough = Math.hypot(corner.mx - from.mx, corner.my - from.my) + Math.hypot(to.mx - corner.mx, to.my - corner.my);
    const parts = Math.max(1, Math.min(24, Math.ceil(rough / 6)));
    let last = from;
    for (let part = 1; part <= parts; part++) {
      const share = part / parts;
      const next = between(between(from, corner, share), between(corner, to, share), share);
      this.line(last, next);
      last = next;
    }
  }
}

export class Eraser extends Brush {
  name = "eraser";
  paints = false;
}

function between(a, b, share) {
  const mix = (name) => a[name] + (b[name] - a[name]) * share;
  return { mx: mix("mx"), my: mix("my"), pressure: mix("pressure") };
}
