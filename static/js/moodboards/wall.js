// A wall of pictures at their own ratio: each goes under the shortest column, so that the order reads from
// left to right. Things keep their order in the document, whatever their place.
//
// Arranging: drag with a mouse, or press long and drag with a finger. The wall says `mood:moved` with the
// item and the one it now stands before.

const WIDEST = 320;
const NARROWEST = 150;
const START = 6; // px before a press becomes a drag
const LONG = 380; // ms before a finger lifts a picture
const EDGE = 72; // px from the window's edge where dragging scrolls

class MoodWall extends HTMLElement {
  connectedCallback() {
    this.drag = null;
    this.observer = new ResizeObserver(() => this.arrange());
    this.observer.observe(this);
    this.addEventListener("pointerdown", this);
    this.addEventListener("click", this, true);
    this.addEventListener("dragstart", (event) => event.preventDefault());
    this.addEventListener("touchmove", (event) => this.drag?.lifted && event.preventDefault(), { passive: false });
    this.addEventListener("contextmenu", (event) => this.drag && event.preventDefault());
    this.arrange();
  }

  disconnectedCallback() {
    this.observer.disconnect();
    this.stop();
  }

  get things() {
    return [...this.querySelectorAll(":scope > .mood-item")];
  }

  /** Gives each thing its place. `order` may differ from the document's while one drags. */
  arrange(order = this.things) {
    const width = this.clientWidth;
    if (!width) return;
    const gap = parseFloat(getComputedStyle(this).getPropertyValue("--gap")) || 12;
    const columns = Math.max(2, Math.round((width + gap) / (Math.min(WIDEST, Math.max(NARROWEST, width / 4)) + gap)));
    const each = (width - gap * (columns - 1)) / columns;
    this.style.setProperty("--col", `${each}px`);
    this.classList.add("arranged");
    const heights = order.map((thing) => thing.offsetHeight);
    const ends = Array(columns).fill(0);
    order.forEach((thing, number) => {
      const column = ends.reduce((best, end, at) => (end < ends[best] - 1 ? at : best), 0);
      thing.style.setProperty("--x", `${Math.round(column * (each + gap))}px`);
      thing.style.setProperty("--y", `${Math.round(ends[column])}px`);
      ends[column] += heights[number] + gap;
    });
    this.style.setProperty("--height", `${Math.max(...ends, gap) - gap}px`);
  }

  // ── dragging ──

  handleEvent(event) {
    if (event.type === "pointerdown") this.press(event);
    // the click that ends a drag opens nothing
    else if (event.type === "click" && this.wasDragged) {
      event.preventDefault();
      event.stopPropagation();
      this.wasDragged = false;
    }
  }

  press(event) {
    const thing = event.target.closest(".picture, .note");
    this.wasDragged = false;
    if (!this.hasAttribute("data-arrangeable") || !thing || event.button || !event.isPrimary || event.target.closest(".mood-pick, .mood-more")) return;
    const finger = event.pointerType === "touch";
    this.drag = { thing, id: event.pointerId, x: event.clientX, y: event.clientY, at: [event.clientX, event.clientY], lifted: false, finger, done: new AbortController() };
    const { signal } = this.drag.done;
    addEventListener("pointermove", (moved) => this.follow(moved), { signal });
    addEventListener("pointerup", () => this.drop(), { signal });
    addEventListener("pointercancel", () => this.stop(), { signal });
    addEventListener("keydown", (key) => key.key === "Escape" && this.stop(), { signal });
    if (finger) this.drag.timer = setTimeout(() => this.lift(), LONG);
  }

  lift() {
    const { thing } = this.drag;
    Object.assign(this.drag, { lifted: true, order: this.things, from: [parseFloat(thing.style.getPropertyValue("--x")), parseFloat(thing.style.getPropertyValue("--y"))], scrolled: scrollY });
    thing.classList.add("lifted");
    this.classList.add("arranging");
    this.scrolling = requestAnimationFrame(() => this.scrollAlong());
    if (this.drag.finger) navigator.vibrate?.(12);
  }

  follow(event) {
    const { drag } = this;
    if (!drag || event.pointerId !== drag.id) return;
    drag.at = [event.clientX, event.clientY];
    const way = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
    if (!drag.lifted) {
      if (way < START) return;
      if (drag.finger) return this.stop(); // it scrolls
      this.lift();
    }
    event.preventDefault();
    this.carry();
  }

  carry() {
    const { drag } = this;
    const [x, y] = drag.at;
    const dx = x - drag.x;
    const dy = y - drag.y + scrollY - drag.scrolled;
    drag.thing.style.setProperty("--dx", `${drag.from[0] + dx}px`);
    drag.thing.style.setProperty("--dy", `${drag.from[1] + dy}px`);
    const over = document.elementsFromPoint(x, y).map((element) => element.closest?.("mood-wall > .picture, mood-wall > .note")).find((thing) => thing && thing !== drag.thing);
    if (!over || over === drag.over) return;
    drag.over = over;
    const order = drag.order.filter((thing) => thing !== drag.thing);
    const was = drag.order.indexOf(drag.thing);
    const to = drag.order.indexOf(over);
    order.splice(order.indexOf(over) + (to > was ? 1 : 0), 0, drag.thing);
    drag.order = order;
    this.arrange(order);
    clearTimeout(drag.rest);
    drag.rest = setTimeout(() => (drag.over = null), 220); // what slid under the pointer does not push back at once
  }

  scrollAlong() {
    if (!this.drag?.lifted) return;
    const y = this.drag.at[1];
    const speed = y < EDGE ? y - EDGE : y > innerHeight - EDGE ? y - innerHeight + EDGE : 0;
    if (speed) {
      scrollBy(0, speed / 4);
      this.carry();
    }
    this.scrolling = requestAnimationFrame(() => this.scrollAlong());
  }

  drop() {
    const { drag } = this;
    const moved = drag?.lifted && drag.order.some((thing, at) => thing !== this.things[at]);
    if (moved) {
      const next = drag.order[drag.order.indexOf(drag.thing) + 1];
      this.insertBefore(drag.thing, next ?? null);
      this.dispatchEvent(new CustomEvent("mood:moved", { bubbles: true, detail: { item: drag.thing.dataset.item, before: /^\d+$/.test(next?.dataset.item) ? next.dataset.item : "" } }));
    }
    this.wasDragged = Boolean(drag?.lifted);
    setTimeout(() => (this.wasDragged = false), 50);
    this.stop();
  }

  stop() {
    const { drag } = this;
    if (!drag) return;
    drag.done.abort();
    clearTimeout(drag.timer);
    clearTimeout(drag.rest);
    cancelAnimationFrame(this.scrolling);
    drag.thing.classList.remove("lifted");
    drag.thing.style.removeProperty("--dx");
    drag.thing.style.removeProperty("--dy");
    this.classList.remove("arranging");
    this.drag = null;
    this.arrange();
  }

  /** Takes over the server's wall: what is unchanged stays as it is. */
  take(fresh) {
    if (this.drag?.lifted) return [];
    const known = new Map(this.things.map((thing) => [thing.dataset.item, thing]));
    const arrived = [];
    const wanted = [...fresh.querySelectorAll(":scope > .mood-item")].map((thing) => {
      const mine = known.get(thing.dataset.item);
      if (mine && mine.dataset.mark === thing.dataset.mark) return mine;
      const made = document.importNode(thing, true);
      if (!mine && /^\d+$/.test(made.dataset.item)) arrived.push(made);
      return made;
    });
    for (const name of ["data-stamp", "data-busy", "data-empty"]) {
      if (fresh.hasAttribute(name)) this.setAttribute(name, fresh.getAttribute(name));
      else this.removeAttribute(name);
    }
    const changed = wanted.length !== known.size || wanted.some((thing, at) => thing !== this.things[at]);
    if (changed) {
      const focused = this.contains(document.activeElement) ? document.activeElement.closest(".mood-item")?.dataset.item : null;
      this.replaceChildren(...wanted);
      if (focused) this.querySelector(`[data-item="${focused}"] .mood-more`)?.focus({ preventScroll: true });
    }
    this.arrange();
    return arrived;
  }
}

customElements.define("mood-wall", MoodWall);
