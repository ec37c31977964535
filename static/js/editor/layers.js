// The panel at the right: layers that are shown or hidden, the colour of the mask, a reference to look at.

import { told } from "./ask.js";
import { enable, say, setRange } from "./dom.js";
import { Picture } from "./picture.js";

const PLACING = ["move", "frame"];
const THUMB = { width: 44, height: 30 };

export class Layers {
  constructor(editor, versions) {
    this.editor = editor;
    this.versions = versions;
    this.panel = editor.root.querySelector(".right");
    this.thumb = this.panel.querySelector(".mask-thumb");
    this.timer = 0;
    this.panel.addEventListener("click", (event) => this.click(event));
    this.panel.addEventListener("change", (event) => this.change(event));
    this.panel.addEventListener("input", (event) => this.input(event));
    for (const opener of editor.root.querySelectorAll("[data-panel-toggle]")) opener.addEventListener("click", () => this.toggle());
    this.panel.addEventListener("keydown", (event) => event.key === "Escape" && this.isOpen && this.toggle());
    document.addEventListener("pointerdown", (event) => {
      if (this.isOpen && !event.target.closest(".right, [data-panel-toggle]")) this.toggle();
    });
    editor.on("mask history session", () => this.drawThumbSoon());
    editor.on("session layers placement preview tool", () => this.show());
    editor.on("session tool", () => this.followTool());
    editor.on("versions session", () => this.offerReferences());
    this.applyColour();
  }

  get isOpen() {
    return this.panel.hasAttribute("data-open");
  }

  /** As a drawer or a sheet, on narrow pages. */
  toggle() {
    this.panel.toggleAttribute("data-open");
    for (const opener of this.editor.root.querySelectorAll("[data-panel-toggle]")) opener.setAttribute("aria-expanded", this.isOpen);
    if (this.isOpen) this.panel.focus({ preventScroll: true });
    else this.editor.view.stage.focus({ preventScroll: true });
  }

  click(event) {
    const eye = event.target.closest("[data-eye]");
    if (eye) this.editor.setLayers({ [eye.dataset.eye]: !this.editor.layers[eye.dataset.eye] });
    if (event.target.closest("[data-close-panel]")) this.toggle();
  }

  show() {
    const { session, layers } = this.editor;
    if (!session) return;
    for (const eye of this.panel.querySelectorAll("[data-eye]")) eye.setAttribute("aria-pressed", layers[eye.dataset.eye]);
    this.panel.querySelector("[data-mask-only]").checked = layers.maskOnly;
    const names = { left: say("left"), right: say("right"), up: say("up"), down: say("down") };
    const sides = told(session.placement, names);
    this.panel.querySelector("[data-layer='extension']").hidden = !sides.length;
    this.panel.querySelector("[data-extension]").textContent = sides.join(", ");
    const label = this.editor.root.querySelector(".frame-label");
    label.textContent = sides.join("  ");
    label.hidden = !sides.length || Boolean(this.editor.preview);
    this.panel.querySelector("[data-image-size]").textContent = `${session.base.width} × ${session.base.height}`;
    const thumb = this.panel.querySelector("[data-image-thumb]");
    if (thumb.getAttribute("src") !== session.base.thumb) thumb.src = session.base.thumb;
  }

  /** The layer the tool works on is marked; the canvas's fields open with the tools that place things. */
  followTool() {
    const { name } = this.editor.tool;
    if (name === this.followed) return;
    this.followed = name;
    const layer = { move: "image", frame: "extension", hand: "" }[name] ?? "mask";
    for (const row of this.panel.querySelectorAll(".layer")) row.classList.toggle("on", row.dataset.layer === layer);
    this.panel.querySelector(".canvas-fields").open = PLACING.includes(name);
  }

  // ── the mask's looks ──

  change(event) {
    const { target } = event;
    if (target.name === "mask-colour") {
      this.editor.settings.colour = target.value;
      this.keepColour();
    }
    if (target.matches("[data-mask-only]")) this.editor.setLayers({ maskOnly: target.checked });
    if (target.matches("[data-reference]")) this.chooseReference(target.value);
  }

  input(event) {
    const { target } = event;
    if (target.matches("[data-opacity]")) {
      this.editor.settings.opacity = Number(target.value);
      this.keepColour();
    }
    if (target.matches("[data-reference-opacity]") && this.editor.reference) {
      this.editor.reference.opacity = target.value / 100;
      this.figure(target);
      this.editor.view.invalidate("picture");
    }
  }

  keepColour() {
    this.editor.keepSettings();
    this.applyColour();
  }

  applyColour() {
    const { settings, view } = this.editor;
    for (const choice of this.panel.querySelectorAll("[name='mask-colour']")) choice.checked = choice.value === settings.colour;
    const range = this.panel.querySelector("[data-opacity]");
    setRange(range, settings.opacity);
    this.figure(range);
    view.setTint(settings.colour, settings.opacity / 100);
  }

  figure(range) {
    range.closest(".field").querySelector("output").textContent = `${range.value} %`;
  }

  drawThumbSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.drawThumb(), 120);
  }

  drawThumb() {
    const { session } = this.editor;
    if (!session) return;
    const { mask } = session;
    const context = this.thumb.getContext("2d");
    const image = context.createImageData(THUMB.width * 2, THUMB.height * 2);
    for (let y = 0, to = 0; y < image.height; y++) {
      const row = Math.floor(((y + 0.5) * mask.height) / image.height) * mask.stride;
      for (let x = 0; x < image.width; x++, to += 4) {
        image.data.fill(mask.bytes[row + Math.floor(((x + 0.5) * mask.width) / image.width)], to, to + 3);
        image.data[to + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
    for (const button of this.editor.root.querySelectorAll("[data-mask='clear']")) enable(button, !mask.isEmpty);
  }

  // ── a reference ──

  offerReferences() {
    const select = this.panel.querySelector("[data-reference]");
    const chosen = select.value;
    const found = this.versions.pictures().filter(({ ref }) => ref !== this.editor.session?.base.ref);
    select.replaceChildren(select.options[0], ...found.map(({ ref, label }) => new Option(label, ref)));
    select.value = found.some(({ ref }) => ref === chosen) ? chosen : "";
    if (chosen && !select.value) this.chooseReference("");
  }

  async chooseReference(ref) {
    const found = this.versions.pictures().find((picture) => picture.ref === ref);
    const row = this.panel.querySelector("[data-layer='reference']");
    row.hidden = !found;
    this.panel.querySelector("[data-reference-field]").hidden = !found;
    const range = this.panel.querySelector("[data-reference-opacity]");
    this.editor.reference = found ? { picture: null, opacity: range.value / 100 } : null;
    if (found) {
      row.querySelector("img").src = found.thumb;
      row.querySelector("small").textContent = found.label;
      setRange(range, range.value);
      const { reference } = this.editor;
      reference.picture = await Picture.load(found.url);
    }
    this.editor.view.invalidate("picture");
  }
}
