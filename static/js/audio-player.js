// A sound with our own controls, its waveform the slider. Keys work while the focus is in it: Space, M, L; the
// arrows on the waveform.

import { clock, hush, lengthOf } from "./audio-alone.js";

const STEP = 5; // seconds of an arrow key
const LEAP = 0.1; // of the whole, for Page up and down
const VOLUME = "sound-volume";

class AudioPlayer extends HTMLElement {
  connectedCallback() {
    if (this.audio) return;
    this.audio = this.querySelector("audio");
    this.range = this.querySelector(".sound-seek input");
    this.hover = this.querySelector(".player-hover");
    this.volume = this.querySelector("[data-volume]");
    this.audio.hidden = true;
    this.audio.removeAttribute("controls");
    for (const part of this.querySelectorAll(".player-bar, .sound-seek")) part.hidden = false;
    hush(this.audio); // a tile may still play under the lightbox
    this.recall();
    this.listen();
    this.draw();
  }

  disconnectedCallback() {
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  get duration() {
    return lengthOf(this.audio, this.dataset.duration);
  }

  listen() {
    const { audio, range, volume } = this;
    for (const name of ["play", "pause", "ended", "timeupdate", "seeked", "loadedmetadata", "volumechange"]) {
      audio.addEventListener(name, () => this.draw());
    }
    audio.addEventListener("play", () => this.tick());
    range.addEventListener("input", () => this.seek(Number(range.value)));
    range.addEventListener("keydown", (event) => this.leap(event));
    const wave = range.parentElement;
    wave.addEventListener("pointermove", (event) => this.point(event));
    wave.addEventListener("pointerleave", () => (this.hover.hidden = true));
    volume.addEventListener("input", () => {
      audio.volume = Number(volume.value);
      audio.muted = !audio.volume;
      this.remember();
    });
    this.querySelector(".player-speed").addEventListener("change", (event) => (audio.playbackRate = Number(event.target.value)));
    this.addEventListener("click", (event) => this.press(event));
    this.addEventListener("keydown", (event) => this.key(event));
  }

  toggle() {
    if (this.audio.paused) this.audio.play().catch(() => {});
    else this.audio.pause();
  }

  seek(seconds) {
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.duration);
    this.draw();
  }

  /** A slider's own steps would be too small to hear. */
  leap(event) {
    const to = {
      ArrowLeft: -STEP,
      ArrowDown: -STEP,
      ArrowRight: STEP,
      ArrowUp: STEP,
      PageDown: -LEAP * this.duration,
      PageUp: LEAP * this.duration,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.seek(this.audio.currentTime + to);
  }

  press(event) {
    const act = {
      play: () => this.toggle(),
      mute: () => this.mute(),
      loop: () => (this.audio.loop = !this.audio.loop),
    }[event.target.closest("[data-do]")?.dataset.do];
    act?.();
    if (act) this.draw();
  }

  mute() {
    this.audio.muted = !this.audio.muted;
    if (!this.audio.muted && !this.audio.volume) this.audio.volume = 1;
    this.remember();
  }

  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select")) return;
    const name = { " ": event.target.closest("button, a") ? null : "play", k: "play", m: "mute", l: "loop" }[event.key];
    if (!name) return;
    event.preventDefault();
    event.stopPropagation();
    this.querySelector(`[data-do="${name}"]`).click();
  }

  recall() {
    try {
      const kept = Number.parseFloat(localStorage.getItem(VOLUME) ?? "1");
      if (kept >= 0 && kept <= 1) this.audio.volume = kept;
    } catch {
      // a browser that keeps nothing
    }
  }

  remember() {
    try {
      localStorage.setItem(VOLUME, String(this.audio.volume));
    } catch {
      // a browser that keeps nothing
    }
  }

  point(event) {
    if (event.pointerType === "touch") return;
    const box = this.range.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    this.hover.hidden = false;
    this.hover.value = clock(share * this.duration);
    this.style.setProperty("--x", `${(share * 100).toFixed(2)}%`);
  }

  tick() {
    if (this.audio.paused || !this.isConnected) return;
    this.drawTime();
    requestAnimationFrame(() => this.tick());
  }

  draw() {
    const { audio } = this;
    const silent = audio.muted || !audio.volume;
    this.classList.toggle("paused", audio.paused);
    this.classList.toggle("muted", silent);
    const play = this.querySelector("[data-do='play']");
    play.dataset.off ??= play.getAttribute("aria-label");
    const label = audio.paused ? play.dataset.off : play.dataset.on;
    play.setAttribute("aria-label", label);
    play.dataset.tip = label;
    this.querySelector("[data-do='mute']").setAttribute("aria-pressed", silent);
    this.querySelector("[data-do='loop']").setAttribute("aria-pressed", audio.loop);
    this.volume.value = silent ? 0 : audio.volume;
    this.volume.style.setProperty("--at", `${this.volume.value * 100}%`);
    this.range.max = this.duration.toFixed(3);
    this.drawTime();
  }

  drawTime() {
    const { currentTime } = this.audio;
    const total = this.duration;
    this.style.setProperty("--at", `${(total ? Math.min((currentTime / total) * 100, 100) : 0).toFixed(2)}%`);
    this.range.value = currentTime;
    const now = clock(currentTime);
    this.querySelector("[data-now]").textContent = now;
    const said = this.range.dataset.text.replace("{now}", now).replace("{total}", clock(total));
    if (this.range.getAttribute("aria-valuetext") !== said) this.range.setAttribute("aria-valuetext", said);
  }
}

customElements.define("audio-player", AudioPlayer);
