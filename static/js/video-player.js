// A video with our own controls. Keys work while the focus is in it: Space, comma, full stop, M, L, F.

const IDLE = 2200; // ms after which the controls leave a full screen

const calm = matchMedia("(prefers-reduced-motion: reduce)");

class VideoPlayer extends HTMLElement {
  connectedCallback() {
    if (this.video) return;
    this.video = this.querySelector("video");
    this.bar = this.querySelector(".player-bar");
    this.range = this.querySelector(".player-scrub input");
    this.now = this.querySelector("[data-now]");
    this.rate = Number(this.dataset.rate) || 24;
    this.video.removeAttribute("controls");
    this.bar.hidden = false;
    this.follow();
    this.listen();
    this.draw();
    if (!calm.matches && !navigator.connection?.saveData) this.video.play().catch(() => {});
  }

  disconnectedCallback() {
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  get duration() {
    return Number.isFinite(this.video.duration) ? this.video.duration : Number(this.dataset.duration) || 0;
  }

  /** The time of the frame on the screen, where the browser says it and has not fallen behind. */
  get frameTime() {
    const { currentTime } = this.video;
    return Math.abs(currentTime - this.presented) <= 1 / this.rate ? this.presented : currentTime;
  }

  follow() {
    if (!this.video.requestVideoFrameCallback) return;
    const seen = (_, { mediaTime }) => {
      this.presented = mediaTime;
      if (this.video.paused) this.drawTime();
      this.video.requestVideoFrameCallback(seen);
    };
    this.video.requestVideoFrameCallback(seen);
  }

  listen() {
    const { video, range } = this;
    for (const name of ["play", "pause", "ended", "timeupdate", "seeked", "loadedmetadata", "progress", "volumechange"]) {
      video.addEventListener(name, () => this.draw());
    }
    video.addEventListener("play", () => this.tick());
    video.addEventListener("seeking", () => (this.presented = undefined));
    video.addEventListener("click", () => this.toggle());
    range.addEventListener("input", () => this.scrub());
    range.addEventListener("change", () => this.scrubbed());
    const track = range.parentElement;
    track.addEventListener("pointermove", (event) => this.hover(event));
    track.addEventListener("pointerleave", () => this.hover(null));
    this.querySelector(".player-speed").addEventListener("change", (event) => (video.playbackRate = Number(event.target.value)));
    this.addEventListener("click", (event) => this.press(event));
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("submit", (event) => event.target.matches("[data-frame]") && this.pin(event.target), true);
    this.addEventListener("htmx:afterSettle", (event) => this.arrived(event.target));
    this.addEventListener("fullscreenchange", () => this.draw());
    this.addEventListener("pointermove", () => this.wake());
  }

  // ── playing ──

  toggle() {
    if (this.video.paused) this.video.play().catch(() => {});
    else this.video.pause();
  }

  /** Lands in the middle of the neighbouring frame, so that rounding never shows the wrong one. */
  step(direction) {
    this.video.pause();
    const frame = Math.floor(this.frameTime * this.rate + 0.25) + direction;
    const last = Math.max(0, Math.round(this.duration * this.rate) - 1);
    this.video.currentTime = (Math.min(Math.max(frame, 0), last) + 0.5) / this.rate;
  }

  scrub() {
    if (this.resumes === undefined) this.resumes = !this.video.paused;
    this.video.pause();
    this.video.currentTime = Number(this.range.value);
    this.draw();
  }

  scrubbed() {
    if (this.resumes) this.video.play().catch(() => {});
    this.resumes = undefined;
  }

  full() {
    if (document.fullscreenElement === this) document.exitFullscreen();
    else if (this.requestFullscreen) this.requestFullscreen().catch(() => {});
    else this.video.webkitEnterFullscreen?.(); // phones that show only the video itself
  }

  press(event) {
    const act = {
      play: () => this.toggle(),
      back: () => this.step(-1),
      forward: () => this.step(1),
      mute: () => (this.video.muted = !this.video.muted),
      loop: () => (this.video.loop = !this.video.loop),
      full: () => this.full(),
    }[event.target.closest("[data-do]")?.dataset.do];
    act?.();
    if (act) this.draw();
    if (event.target.closest(".menu :is(a, .menu-item)")) event.target.closest(".menu").hidePopover();
  }

  key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, [popover]")) return;
    const pressable = event.target.closest("button, a");
    const name = { " ": pressable ? null : "play", k: "play", ",": "back", ".": "forward", m: "mute", l: "loop", f: "full" }[event.key];
    if (!name) return;
    if (name === "mute" && !this.querySelector("[data-do='mute']")) return;
    event.preventDefault();
    event.stopPropagation();
    if (name === "play") this.toggle();
    else this.querySelector(`[data-do="${name}"]`).click();
  }

  // ── frames and files ──

  pin(form) {
    this.video.pause();
    form.elements.t.value = this.frameTime.toFixed(4);
  }

  /** What was asked for is there: a file begins to download, a frame is shown. */
  arrived(target) {
    const file = target.querySelector?.("[data-fresh]") ?? (target.matches?.("[data-fresh]") ? target : null);
    if (file) {
      delete file.dataset.fresh;
      file.click();
    }
    target.querySelector?.(".frame-taken")?.focus({ preventScroll: true });
    this.querySelector(".player-made").scrollIntoView?.({ block: "nearest" });
  }

  // ── showing ──

  tick() {
    if (this.video.paused || !this.isConnected) return;
    this.drawTime();
    requestAnimationFrame(() => this.tick());
  }

  draw() {
    const { video } = this;
    this.classList.toggle("paused", video.paused);
    this.classList.toggle("muted", video.muted);
    const play = this.querySelector("[data-do='play']");
    play.dataset.off ??= play.getAttribute("aria-label");
    const label = video.paused ? play.dataset.off : play.dataset.on;
    play.setAttribute("aria-label", label);
    play.dataset.tip = label;
    this.querySelector("[data-do='mute']")?.setAttribute("aria-pressed", video.muted);
    this.querySelector("[data-do='loop']").setAttribute("aria-pressed", video.loop);
    this.querySelector("[data-do='full']").setAttribute("aria-pressed", document.fullscreenElement === this);
    if (this.duration) this.range.max = this.duration.toFixed(3);
    const { buffered } = video;
    for (let index = 0; index < buffered.length; index += 1) {
      if (buffered.start(index) <= video.currentTime) this.style.setProperty("--loaded", share(buffered.end(index), this.duration));
    }
    this.drawTime();
  }

  drawTime() {
    const time = this.video.currentTime;
    this.style.setProperty("--at", share(time, this.duration));
    if (this.resumes === undefined) this.range.value = time;
    const text = clock(this.video.paused ? this.frameTime : time, this.video.paused);
    if (this.now.textContent === text) return;
    this.now.textContent = text;
    const { text: pattern } = this.range.dataset;
    this.range.setAttribute("aria-valuetext", pattern.replace("{now}", text).replace("{total}", clock(this.duration)));
  }

  hover(event) {
    const output = this.querySelector(".player-hover");
    output.hidden = !event || event.pointerType === "touch";
    if (output.hidden) return;
    const box = this.range.getBoundingClientRect();
    const place = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    output.textContent = clock(place * this.duration, true);
    output.style.setProperty("--x", `${(place * 100).toFixed(2)}%`);
  }

  wake() {
    this.classList.remove("idle");
    clearTimeout(this.idle);
    if (document.fullscreenElement === this) this.idle = setTimeout(() => this.classList.toggle("idle", !this.video.paused), IDLE);
  }
}

function share(part, whole) {
  return `${(whole ? Math.min((part / whole) * 100, 100) : 0).toFixed(2)}%`;
}

/** 0:05, or 0:05.42 where the frame matters. */
function clock(seconds, fine = false) {
  const whole = fine ? Math.round(seconds * 100) / 100 : Math.floor(seconds + 0.001);
  const rest = whole % 60;
  return `${Math.floor(whole / 60)}:${(fine ? rest.toFixed(2) : String(Math.floor(rest))).padStart(fine ? 5 : 2, "0")}`;
}

customElements.define("video-player", VideoPlayer);
