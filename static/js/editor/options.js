// The bar over the canvas: what the chosen tool can be set to, and what can be done with the whole mask. And the
// tools themselves, at the left.

import { say, setRange } from "./dom.js";
import { greyAt, greyOf } from "./png.js";
import { enlarged, extension, framed, overlaps, scaled, toRatio, whole } from "./placement.js";

export class Options {
  constructor(editor) {
    this.editor = editor;
    this.bar = editor.root.querySelector(".opts");
    this.find = (name) => this.bar.querySelector(`[data-option="${name}"]`);
    this.file = editor.root.querySelector("[data-mask-file]");
    this.bindRail();
    this.bindBrush();
    this.bindMask();
    this.bindPlacement();
    editor.on("tool session preview", () => this.show());
    editor.on("placement", () => this.showPlacement());
  }

  show() {
    const { editor } = this;
    const { tool } = editor;
    for (const button of editor.root.querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", button.dataset.tool === tool.name);
    for (const group of this.bar.querySelectorAll("[data-for]")) group.hidden = !group.dataset.for.split(" ").includes(tool.name);
    this.bar.hidden = Boolean(editor.preview) || tool.name === "hand";
    this.bar.setAttribute("aria-label", say(`tool-${tool.name}`.replace(/-(\w)/, (_, letter) => letter.toUpperCase())));
    if (tool.hasSize && editor.session) this.showBrush();
    setRange(this.find("tolerance"), editor.tolerance);
    this.find("tolerance").closest("label").querySelector("output").textContent = editor.tolerance;
    for (const radio of this.bar.querySelectorAll("[name='mode']")) radio.checked = radio.value === editor.mode;
    this.showPlacement();
  }

  bindRail() {
    const { editor } = this;
    editor.root.querySelector(".rail").addEventListener("click", (event) => {
      const button = event.target.closest("[data-tool]");
      if (!button) return;
      editor.setPreview(null);
      editor.use(button.dataset.tool);
    });
  }

  // ── brush ──

  bindBrush() {
    const { editor } = this;
    const size = this.find("size");
    const softness = this.find("softness");
    size.addEventListener("input", () => {
      editor.tool.options.size = Math.max(1, Math.round(editor.largestBrush ** (size.value / 100)));
      editor.keepSettings();
    });
    softness.addEventListener("input", () => {
      editor.tool.options.softness = Number(softness.value);
      editor.keepSettings();
    });
    const tolerance = this.find("tolerance");
    tolerance.addEventListener("input", () => {
      editor.settings.tolerance = Number(tolerance.value);
      editor.keepSettings();
      editor.tools.select.again();
    });
    this.bar.addEventListener("change", (event) => event.target.name === "mode" && editor.setMode(event.target.value));
  }

  /** Sizes are set by their order of magnitude: small ones need finer steps. */
  showBrush() {
    const { size, softness } = this.editor.tool.options;
    const range = this.find("size");
    if (range !== document.activeElement) setRange(range, (100 * Math.log(size)) / Math.log(this.editor.largestBrush));
    range.setAttribute("aria-valuetext", `${size} px`);
    range.closest("label").querySelector("output").textContent = size;
    setRange(this.find("softness"), softness);
    this.find("softness").closest("label").querySelector("output").textContent = softness;
  }

  // ── the whole mask ──

  bindMask() {
    const { editor } = this;
    const acts = {
      invert: () => editor.changeMask((mask) => mask.invert()),
      clear: () => editor.changeMask((mask) => mask.clear()),
      all: () => editor.changeMask((mask) => mask.set(0, 0, mask.width, mask.height, 255)),
      last: () => this.loadLast(),
      file: () => this.file.click(),
    };
    editor.root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-mask]");
      if (!button) return;
      button.closest("[popover]")?.hidePopover();
      acts[button.dataset.mask]();
    });
    this.file.addEventListener("change", async () => {
      const [file] = this.file.files;
      this.file.value = "";
      if (file) await this.loadFile(file);
    });
    this.notice = editor.root.querySelector(".stage-note");
    this.notice.addEventListener("click", (event) => {
      if (event.target.closest("[data-stretch]")) this.stretch();
      if (event.target.closest("[data-dismiss-note]")) this.notice.hidden = true;
    });
    editor.on("mask session", () => (this.notice.hidden = true));
  }

  async loadLast() {
    const kept = await this.editor.store.read("last-mask");
    if (!kept) {
      this.say(say("noLastMask"));
      return;
    }
    const { width, height, grey } = await greyOf(kept);
    this.put(kept, width, height, grey);
  }

  async loadFile(file) {
    try {
      const { width, height, grey } = await greyOf(file);
      this.put(file, width, height, grey);
    } catch {
      this.say(say("noPicture", { name: file.name }));
    }
  }

  /** Loads a mask; one of another size is offered to be stretched. */
  put(file, width, height, grey) {
    const { mask } = this.editor.session;
    if (width === mask.width && height === mask.height) {
      this.editor.changeMask((changed) => changed.replace(grey));
      return;
    }
    this.waiting = file;
    this.say(say("otherSize", { width, height, wantedWidth: mask.width, wantedHeight: mask.height }), { stretches: true });
  }

  async stretch() {
    const { mask } = this.editor.session;
    const { grey } = greyAt(await createImageBitmap(this.waiting), mask.width, mask.height);
    this.editor.changeMask((changed) => changed.replace(grey));
  }

  /** Says something about the mask or the canvas, over the canvas. */
  say(text, { stretches = false } = {}) {
    this.notice.hidden = false;
    this.notice.querySelector("p").textContent = text;
    this.notice.querySelector("[data-stretch]").hidden = !stretches;
  }

  // ── places and sizes ──

  bindPlacement() {
    const { editor } = this;
    editor.root.addEventListener("change", (event) => {
      const { place } = event.target.dataset ?? {};
      if (place) this.typed(place, Number(event.target.value.replace(",", ".")));
      if (event.target.matches("[data-aspect]")) this.chooseAspect(event.target);
    });
    editor.root.addEventListener("focusin", ({ target }) => target.dataset.place && target.select());
    editor.root.addEventListener("click", (event) => event.target.closest("[data-reset-canvas]") && editor.resetPlacement());
  }

  typed(place, value) {
    const { editor } = this;
    const { placement, base } = editor.session;
    const most = editor.mostCanvas;
    const size = Math.max(64, Math.min(most, Math.round(value)));
    const over = extension(placement);
    const change = {
      canvasWidth: () => framed(placement, { right: over.right + size - placement.canvasWidth }),
      canvasHeight: () => framed(placement, { down: over.down + size - placement.canvasHeight }),
      x: () => whole({ ...placement, x: value }),
      y: () => whole({ ...placement, y: value }),
      scale: () => scaled(placement, base, Math.max(16, Math.min(2 * most, (base.width * value) / 100))),
      ...Object.fromEntries(Object.keys(over).map((side) => [side, () => framed(placement, { [side]: value })])),
    }[place];
    const next = Number.isFinite(value) ? change() : placement;
    if (overlaps(next) && Math.max(next.canvasWidth, next.canvasHeight) <= most && Math.min(next.canvasWidth, next.canvasHeight) >= 64) {
      editor.changePlacement(next, { stays: !["x", "y", "scale"].includes(place) });
    }
    this.showPlacement();
  }

  chooseAspect(select) {
    const { editor } = this;
    const { base } = editor.session;
    const [kind, value] = select.value.split(" ");
    if (kind === "own") editor.resetPlacement();
    else editor.changePlacement(kind === "ratio" ? toRatio(base, Number(value)) : enlarged(base, Number(value)), { stays: true });
    editor.view.fit();
  }

  showPlacement() {
    const { session, root } = this.editor;
    if (!session) return;
    const { placement, base } = session;
    const values = { ...placement, ...extension(placement), scale: Math.round((1000 * placement.width) / base.width) / 10 };
    for (const field of root.querySelectorAll("[data-place]")) field.value = values[field.dataset.place];
    for (const select of root.querySelectorAll("[data-aspect]")) select.value = aspectOf(select, placement, base, session.isUntouched);
  }
}

function aspectOf(select, placement, base, isUntouched) {
  if (isUntouched) return "own";
  const same = (wanted) => wanted.canvasWidth === placement.canvasWidth && wanted.canvasHeight === placement.canvasHeight;
  const found = [...select.options].find(({ value }) => {
    const [kind, figure] = value.split(" ");
    return (kind === "ratio" && same(toRatio(base, Number(figure)))) || (kind === "around" && same(enlarged(base, Number(figure))));
  });
  return found?.value ?? "free";
}
