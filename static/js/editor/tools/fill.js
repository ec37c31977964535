// Fills what drawn lines enclose, or takes a whole marked area away.

import { floodFill } from "../raster.js";
import { Tool } from "./tool.js";

export class Fill extends Tool {
  name = "fill";

  down(point, event) {
    floodFill(this.mask, Math.floor(point.mx), Math.floor(point.my), this.adds(event));
    this.editor.commitMask();
  }
}
