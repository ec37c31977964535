// One base picture and all that is drawn on it. Another base begins anew; coming back finds this again.

import { History } from "./history.js";
import { Mask } from "./mask.js";
import { isSame, untouched } from "./placement.js";

export class Session {
  constructor(base, changed) {
    this.base = base;
    this.mask = new Mask(base.width, base.height);
    this.placement = untouched(base);
    this.history = new History(changed);
    this.prompt = "";
    this.picture = null;
  }

  get isUntouched() {
    return isSame(this.placement, untouched(this.base));
  }

  /** What is kept in the browser; null when there is nothing to keep. */
  kept() {
    if (this.mask.isEmpty && this.isUntouched && !this.prompt) return null;
    const { width, height } = this.base;
    return { width, height, tiles: this.mask.marked(), placement: this.placement, prompt: this.prompt };
  }

  restore(kept) {
    if (!kept || kept.width !== this.base.width || kept.height !== this.base.height) return;
    this.mask.apply(kept.tiles);
    this.placement = kept.placement;
    this.prompt = kept.prompt;
  }
}
