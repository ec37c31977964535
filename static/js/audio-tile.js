// The button beside a sound's tile: plays and pauses it there, without opening it. The waveform under it fills.

import { clock, lengthOf } from "./audio-alone.js";

class AudioTile extends HTMLElement {
  connectedCallback() {
    if (this.button) return;
    this.button = this.querySelector("button");
    this.button.addEventListener("click", (event) => this.press(event));
    // the page's keys take Space for selecting
    this.button.addEventListener("keydown", (event) => [" ", "Enter"].includes(event.key) && event.stopPropagation());
  }

  disconnectedCallback() {
    this.stop();
  }

  press(event) {
    event.preventDefault();
    event.stopPropagation();
    if (this.audio && !this.audio.paused) this.audio.pause();
    else this.play();
  }

  play() {
    if (!this.audio) {
      this.audio = Object.assign(document.createElement("audio"), { src: this.dataset.src });
      for (const name of ["play", "pause", "ended", "timeupdate"]) this.audio.addEventListener(name, () => this.draw());
      this.audio.addEventListener("play", () => this.tick());
      this.audio.addEventListener("ended", () => this.stop());
      this.audio.addEventListener("error", () => this.stop());
      this.append(this.audio);
    }
    this.audio.play().catch(() => {});
  }

  /** Lets go of the file; the next time begins at the beginning. */
  stop() {
    const { audio } = this;
    if (!audio) return;
    this.audio = null;
    audio.pause();
    audio.removeAttribute("src");
    audio.load();
    audio.remove();
    this.draw();
  }

  tick() {
    if (!this.audio || this.audio.paused) return;
    this.draw();
    requestAnimationFrame(() => this.tick());
  }

  draw() {
    const { audio } = this;
    const plays = Boolean(audio && !audio.paused);
    if (plays !== this.classList.contains("plays")) {
      this.classList.toggle("plays", plays);
      this.button.dataset.off ??= this.button.getAttribute("aria-label");
      this.button.setAttribute("aria-label", plays ? this.button.dataset.on : this.button.dataset.off);
    }
    const length = audio ? lengthOf(audio, this.dataset.duration) : 0;
    const place = this.parentElement;
    place?.style.setProperty("--at", length ? `${Math.min((audio.currentTime / length) * 100, 100).toFixed(2)}%` : "0%");
    const badge = place?.querySelector("[data-length]");
    if (badge) {
      badge.dataset.whole ??= badge.textContent;
      badge.textContent = length && audio.currentTime ? clock(audio.currentTime) : badge.dataset.whole;
    }
  }
}

customElements.define("audio-tile", AudioTile);
