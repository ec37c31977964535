// "6 min ago" goes on counting. The page was rendered with the same words.

import { word } from "./words.js";

const MINUTE = 60_000;
const shown = new Set();

class RelativeTime extends HTMLElement {
  connectedCallback() {
    this.moment = new Date(this.getAttribute("datetime"));
    this.title = this.moment.toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    shown.add(this);
  }

  disconnectedCallback() {
    shown.delete(this);
  }

  draw() {
    const minutes = Math.floor((Date.now() - this.moment) / MINUTE);
    if (minutes >= 24 * 60 || this.moment.getDate() !== new Date().getDate()) return;
    const text = minutes < 1 ? word("justNow") : minutes < 60 ? word("minutes", minutes) : word("hours", Math.floor(minutes / 60));
    this.firstElementChild.textContent = text;
  }
}

customElements.define("relative-time", RelativeTime);
setInterval(() => shown.forEach((element) => element.draw()), MINUTE / 2);
