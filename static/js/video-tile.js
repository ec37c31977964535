// A video's poster. Under a resting pointer, the focus or a held finger its silent beginning plays;
// moving the pointer across it goes through it.

const REST = 220; // ms before it plays
const HOLD = 380; // ms that a finger stays
const CROSSING = 16; // pixels of movement that mean "show me another moment"
const SETTLE = 500; // ms without movement after which it plays on

const calm = matchMedia("(prefers-reduced-motion: reduce)");
let current = null; // one plays at a time

class VideoTile extends HTMLElement {
  connectedCallback() {
    if (!this.dataset.preview || this.area) return;
    this.area = this.closest("a, button") ?? this;
    const on = (name, act) => this.area.addEventListener(name, act);
    on("pointerenter", (event) => event.pointerType === "mouse" && this.soon(REST));
    on("pointermove", (event) => event.pointerType === "mouse" && this.cross(event));
    on("pointerleave", () => this.stop());
    on("focus", () => this.area.matches(":focus-visible") && this.soon(REST));
    on("blur", () => this.stop());
    on("pointerdown", (event) => event.pointerType !== "mouse" && this.soon(HOLD, true));
    for (const name of ["pointerup", "pointercancel"]) on(name, (event) => event.pointerType !== "mouse" && this.stop());
    on("click", (event) => this.release(event));
    on("contextmenu", (event) => this.held && event.preventDefault());
  }

  disconnectedCallback() {
    this.stop();
  }

  soon(delay, finger = false) {
    clearTimeout(this.timer);
    this.held = false;
    if (calm.matches || navigator.connection?.saveData) return;
    this.timer = setTimeout(() => {
      this.held = finger;
      this.play();
    }, delay);
  }

  play() {
    if (this.video || !this.isConnected) return;
    if (current !== this) current?.stop();
    current = this;
    const video = document.createElement("video");
    Object.assign(video, { muted: true, loop: true, playsInline: true, disablePictureInPicture: true, tabIndex: -1, src: this.dataset.preview });
    video.setAttribute("aria-hidden", "true");
    video.addEventListener("playing", () => this.classList.add("plays"));
    video.addEventListener("timeupdate", () => this.draw());
    video.addEventListener("error", () => this.stop());
    this.append(video);
    this.video = video;
    video.play().catch(() => {});
  }

  cross(event) {
    if (!this.video?.duration) {
      this.from = event.clientX;
      return;
    }
    this.from ??= event.clientX;
    if (Math.abs(event.clientX - this.from) < CROSSING && !this.video.paused) return;
    this.from = event.clientX;
    const box = this.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999);
    this.video.pause();
    this.video.currentTime = share * this.video.duration;
    this.draw();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.video?.play().catch(() => {}), SETTLE);
  }

  draw() {
    const { currentTime, duration } = this.video ?? {};
    if (duration) this.style.setProperty("--at", `${((currentTime / duration) * 100).toFixed(1)}%`);
  }

  /** A finger that held it to look did not mean to open it. */
  release(event) {
    if (!this.held) return;
    this.held = false;
    event.preventDefault();
    event.stopPropagation();
  }

  stop() {
    clearTimeout(this.timer);
    this.from = undefined;
    if (!this.video) return;
    this.classList.remove("plays");
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load(); // lets go of the connection
    this.video.remove();
    this.video = null;
    if (current === this) current = null;
  }
}

customElements.define("video-tile", VideoTile);

calm.addEventListener("change", () => calm.matches && current?.stop());
