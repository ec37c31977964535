// A picture that fits, and can be looked into: wheel, pinch, drag, double click, + − 0.

const MOST = 8;
const STEP = 1.4;
const CLICK = 4; // pixels that a click may wander

class ZoomView extends HTMLElement {
  connectedCallback() {
    this.image = this.querySelector("img");
    this.natural = Number(this.image.getAttribute("width")) || 1;
    this.ratio = this.natural / (Number(this.image.getAttribute("height")) || 1);
    this.pointers = new Map();
    this.fit();
    this.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.addEventListener("pointerdown", (event) => this.down(event));
    this.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) this.addEventListener(name, (event) => this.up(event));
    this.addEventListener("keydown", (event) => this.key(event));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this);
  }

  disconnectedCallback() {
    this.observer.disconnect();
  }

  get zoomed() {
    return this.scale > 1.001;
  }

  /** The scale at which one pixel of the picture is one of the screen. */
  get whole() {
    const shown = Math.min(this.clientWidth, this.clientHeight * this.ratio);
    return Math.max(this.natural / (shown || 1) / devicePixelRatio, 1.5);
  }

  fit() {
    this.scale = 1;
    this.x = this.y = 0;
    this.draw();
  }

  toggle(x = this.clientWidth / 2, y = this.clientHeight / 2) {
    if (this.zoomed) this.fit();
    else this.to(this.whole, x, y);
  }

  larger() {
    this.to(this.scale * STEP, this.clientWidth / 2, this.clientHeight / 2);
  }

  smaller() {
    this.to(this.scale / STEP, this.clientWidth / 2, this.clientHeight / 2);
  }

  /** Zooms about a point of the view, which stays where it is. */
  to(scale, x, y) {
    const next = Math.min(Math.max(scale, 1), Math.max(MOST, this.whole));
    this.x = x - ((x - this.x) * next) / this.scale;
    this.y = y - ((y - this.y) * next) / this.scale;
    this.scale = next;
    this.draw();
  }

  draw() {
    const { clientWidth: width, clientHeight: height } = this;
    const shown = Math.min(width, height * this.ratio);
    this.x = within(this.x, width, shown, this.scale);
    this.y = within(this.y, height, shown / this.ratio, this.scale);
    this.image.style.transform = this.zoomed ? `translate(${this.x}px, ${this.y}px) scale(${this.scale})` : "";
    this.classList.toggle("zoomed", this.zoomed);
    if (this.zoomed && !this.sharp) this.sharpen();
    this.dispatchEvent(new CustomEvent("zoom", { bubbles: true, detail: { scale: this.scale, share: this.scale / (this.natural / (shown || 1) / devicePixelRatio) } }));
  }

  /** Loads the original, once, and shows it when it is there. */
  sharpen() {
    this.sharp = Object.assign(new Image(), { src: this.dataset.original });
    this.sharp.decode().then(() => {
      this.image.removeAttribute("srcset");
      this.image.src = this.sharp.src;
    }, () => {});
  }

  // ── hands ──

  point(event) {
    const box = this.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  wheel(event) {
    event.preventDefault();
    const { x, y } = this.point(event);
    this.to(this.scale * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), x, y);
  }

  down(event) {
    if (event.button) return;
    this.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.point(event));
    this.travelled = this.pointers.size > 1 ? Infinity : 0;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = this.point(event);
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const factor = distance(now, other) / (distance(before, other) || 1);
      this.to(this.scale * factor, (now.x + other.x) / 2, (now.y + other.y) / 2);
    } else if (this.zoomed) {
      this.x += now.x - before.x;
      this.y += now.y - before.y;
      this.draw();
    }
    this.travelled += distance(now, before);
    this.pointers.set(event.pointerId, now);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId) || event.type === "pointercancel") return;
    const now = this.point(event);
    if (this.travelled < CLICK && event.pointerType === "mouse") this.toggle(now.x, now.y);
    else if (this.travelled < CLICK) this.tapped(event, now);
  }

  /** A finger zooms by two quick taps. */
  tapped(event, now) {
    if (event.timeStamp - (this.lastTap ?? 0) < 320) this.toggle(now.x, now.y);
    this.lastTap = event.timeStamp;
  }

  key(event) {
    const act = { "+": () => this.larger(), "=": () => this.larger(), "-": () => this.smaller(), 0: () => this.fit(), Enter: () => this.toggle() }[event.key];
    if (!act || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    act();
  }
}

function within(offset, view, size, scale) {
  const margin = (view - size) / 2;
  if (size * scale <= view) return (view - view * scale) / 2;
  return Math.min(-margin * scale, Math.max(view - (margin + size) * scale, offset));
}

function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

customElements.define("zoom-view", ZoomView);
