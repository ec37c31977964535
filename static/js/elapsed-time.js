// Time passed against the usual time, for services that report no progress. The bar is no per cent:
// it slows down as it goes and never gets to the end by itself.

import { sentence, word } from "./words.js";

const shown = new Set();
let timer = 0;

class ElapsedTime extends HTMLElement {
  connectedCallback() {
    this.begun = performance.now() - Number(this.dataset.elapsed || 0) * 1000;
    this.usual = Math.max(1, Number(this.dataset.usual || 40));
    shown.add(this);
    timer ||= setInterval(() => shown.forEach((element) => element.draw()), 1000);
    this.draw();
  }

  disconnectedCallback() {
    shown.delete(this);
    if (!shown.size) timer = clearInterval(timer) ?? 0;
  }

  draw() {
    const passed = (performance.now() - this.begun) / 1000;
    const share = passed < this.usual ? (0.85 * passed) / this.usual : 0.85 + 0.11 * (1 - Math.exp(1 - passed / this.usual));
    this.style.setProperty("--v", `${(share * 100).toFixed(1)}%`);
    if (this.hasAttribute("aria-hidden")) return;
    const late = passed > this.usual * 1.25;
    const text = sentence(late ? "overdue" : "elapsed", { time: duration(passed), usual: duration(round(this.usual)) });
    this.firstElementChild.textContent = text;
    this.setAttribute("aria-valuetext", text);
  }
}

function round(seconds) {
  return seconds < 20 ? Math.ceil(seconds) : Math.round(seconds / 5) * 5;
}

function duration(seconds) {
  const whole = Math.floor(seconds);
  if (whole < 60) return word("seconds", whole);
  const min = Math.floor(whole / 60);
  const rest = whole % 60;
  return rest ? sentence("minutesSeconds", { min, s: rest }) : word("minutesOnly", min);
}

customElements.define("elapsed-time", ElapsedTime);
