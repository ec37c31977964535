// Areas that are marked by their outline: lasso, polygon, rectangle, ellipse.

import { ellipsePoints, fillPolygon } from "../raster.js";
import { strokePath, Tool } from "./tool.js";

const CLOSE = 12; // CSS pixels from the first corner that close a polygon
const QUICK = 350; // ms between the two clicks of a double click

export class Polygon extends Tool {
  name = "polygon";
  points = [];

  down(point, event) {
    const first = this.points[0];
    const again = this.points.length > 2 && event?.timeStamp - this.pressed < QUICK && this.near(point, this.points.at(-1));
    this.pressed = event?.timeStamp ?? -Infinity;
    if (again || (this.points.length > 2 && this.near(point, first))) {
      this.close(event);
      return;
    }
    this.points.push(point);
    this.moving = point;
    this.editor.view.invalidate("marks");
    this.editor.announce("corner", { number: this.points.length });
  }

  hover(point) {
    if (!this.points.length) return;
    this.moving = point;
    this.editor.view.invalidate("marks");
  }

  move(points) {
    this.hover(points.at(-1));
  }

  press(point, event) {
    if (this.points.length > 2 && this.near(point, this.points.at(-1))) this.close(event);
    else this.down(point);
  }

  key(event) {
    if (!this.points.length) return false;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !this.editor.crosshair.isShown) this.close(event);
    else if (event.key === "Backspace") this.points.pop();
    else if (event.key === "Escape") this.cancel();
    else return false;
    this.editor.view.invalidate("marks");
    return true;
  }

  near(a, b) {
    return b && Math.hypot(a.x - b.x, a.y - b.y) * this.editor.view.zoom < CLOSE;
  }

  close(event) {
    const { points } = this;
    this.cancel();
    if (points.length < 3) return;
    fillPolygon(this.mask, points.map(({ mx, my }) => [mx, my]), this.adds(event));
    this.editor.commitMask();
  }

  cancel() {
    this.points = [];
    this.editor.view.invalidate("marks");
  }

  draw(context, view) {
    if (!this.points.length) return;
    strokePath(context, view, this.moving ? [...this.points, this.moving] : this.points);
    for (const { x, y } of this.points) {
      const at = view.toStage(x, y);
      context.fillStyle = "#fff";
      context.strokeStyle = view.palette.accent;
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(at.x, at.y, 4, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
  }
}

/** Drawn in one go; from the keyboard it is set corner by corner. */
export class Lasso extends Polygon {
  name = "lasso";

  down(point) {
    this.isDrawn = true;
    this.points = [point];
  }

  move(points) {
    this.points.push(...points);
    this.editor.view.invalidate("marks");
  }

  hover(point) {
    if (!this.isDrawn) super.hover(point);
  }

  up(point, event) {
    this.isDrawn = false;
    this.close(event);
  }

  press(point, event) {
    if (this.points.length > 2 && this.near(point, this.points.at(-1))) this.close(event);
    else super.down.call(this, point);
    if (this.points.length === 0 && !this.isDrawn) return;
    this.isDrawn = false;
  }

  cancel() {
    this.isDrawn = false;
    super.cancel();
  }

  draw(context, view) {
    if (this.isDrawn) strokePath(context, view, this.points, { closed: this.points.length > 2 });
    else super.draw(context, view);
  }
}

export class Rectangle extends Tool {
  name = "rectangle";

  down(point) {
    this.from = this.to = point;
  }

  move(points, event) {
    this.to = points.at(-1);
    if (event?.shiftKey) this.to = this.even(this.to);
    this.editor.view.invalidate("marks");
  }

  up(point, event) {
    const { from, to } = this;
    this.cancel();
    if (!from || (from.x === to.x && from.y === to.y)) return;
    this.fill(from, to, this.adds(event));
    this.editor.commitMask();
  }

  hover(point) {
    if (!this.from) return;
    this.move([point]);
  }

  press(point, event) {
    if (!this.from) {
      this.down(point);
      this.editor.announce("corner", { number: 1 });
    } else {
      this.to = point;
      this.up(point, event);
    }
  }

  key(event) {
    if (event.key !== "Escape" || !this.from) return false;
    this.cancel();
    return true;
  }

  /** Equal sides, while Shift is held. */
  even(to) {
    const side = Math.max(Math.abs(to.x - this.from.x), Math.abs(to.y - this.from.y));
    const x = this.from.x + side * (Math.sign(to.x - this.from.x) || 1);
    const y = this.from.y + side * (Math.sign(to.y - this.from.y) || 1);
    return { ...to, ...this.editor.place(x, y) };
  }

  fill(from, to, adds) {
    const { mask } = this;
    const within = (value, limit) => Math.max(0, Math.min(limit, Math.round(value)));
    const [x0, x1] = [within(from.mx, mask.width), within(to.mx, mask.width)].sort((a, b) => a - b);
    const [y0, y1] = [within(from.my, mask.height), within(to.my, mask.height)].sort((a, b) => a - b);
    mask.set(x0, y0, x1, y1, adds ? 255 : 0);
  }

  cancel() {
    this.from = this.to = null;
    this.editor.view.invalidate("marks");
  }

  draw(context, view) {
    if (!this.from) return;
    const { from, to } = this;
    const corners = [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }];
    strokePath(context, view, this.outline(corners), { closed: true });
  }

  outline(corners) {
    return corners;
  }
}

export class Ellipse extends Rectangle {
  name = "ellipse";

  fill(from, to, adds) {
    fillPolygon(this.mask, ellipsePoints(from.mx, from.my, to.mx, to.my), adds);
  }

  outline([from, , to]) {
    return ellipsePoints(from.x, from.y, to.x, to.y).map(([x, y]) => ({ x, y }));
  }
}
