// Every tool, by its name.

import { Brush, Eraser } from "./brush.js";
import { Fill } from "./fill.js";
import { Frame, Hand, Move } from "./place.js";
import { SelectObject } from "./select.js";
import { Ellipse, Lasso, Polygon, Rectangle } from "./shapes.js";

const TOOLS = [Move, Hand, Brush, Eraser, Lasso, Polygon, Rectangle, Ellipse, Fill, SelectObject, Frame];

export function toolsFor(editor) {
  return Object.fromEntries(TOOLS.map((Made) => new Made(editor)).map((tool) => [tool.name, tool]));
}
