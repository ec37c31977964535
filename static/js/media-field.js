// A media parameter of a small form, with a picker of its own: a click, a drop onto it, a paste while it has the
// focus, the gallery.

import { showChipMenu } from "./files/chip-menu.js";
import { FilePicker } from "./files/picker.js";
import { Target } from "./files/target.js";
import { word } from "./words.js";

const ASSET = "application/x-atelier-asset";

class Field extends Target {
  constructor(element) {
    super();
    this.element = element;
  }

  get chips() { return this.element.querySelector("[data-chips]"); }
  get refusals() { return this.element.querySelector("[data-refusals]"); }
  get asked() { return { model: this.element.dataset.model, operation: this.element.dataset.operation }; }
  get url() { return this.element.dataset.uploads; }
  get token() { return this.element.closest("form").elements.csrfmiddlewaretoken.value; }

  get own() {
    const { role, label, kind, max, accept, spoken, chipName } = this.element.dataset;
    return { name: role, label, kind, max: Number(max), accept, spoken, chipName };
  }

  roles() {
    return [this.own];
  }

  changed() {
    const { name, max } = this.own;
    const count = this.inRole(name).length;
    this.element.querySelector("[data-count]").textContent = `${count}/${max}`;
    this.element.querySelector(".add").hidden = max > 1 && count >= max;
    this.element.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

class MediaField extends HTMLElement {
  connectedCallback() {
    if (this.target) return;
    this.target = new Field(this);
    this.picker = new FilePicker(this.querySelector("[popover].file-pop"), {
      choice: () => this.target.own,
      found: (what, value) => this.found(what, value),
    });
    this.addEventListener("click", (event) => this.click(event));
    this.addEventListener("paste", (event) => this.paste(event));
    this.addEventListener("dragover", (event) => this.over(event));
    this.addEventListener("dragleave", (event) => !this.contains(event.relatedTarget) && this.classList.remove("over"));
    this.addEventListener("drop", (event) => this.drop(event));
    this.addEventListener("htmx:afterSwap", () => this.arrived());
  }

  /** A file has been fetched, or could not be. */
  arrived() {
    for (const box of this.querySelectorAll("[data-chips] .refusals")) {
      this.target.refusals.append(...box.children);
      box.remove();
    }
    this.target.settle();
  }

  async found(what, value) {
    const { name } = this.target.own;
    const done = what === "files" ? this.target.send(value, name) : what === "url" ? this.target.sendAddress(value, name) : this.target.sendAsset(value, name);
    const taken = await done;
    this.focus({ preventScroll: true });
    return taken;
  }

  click(event) {
    const menu = event.target.closest("[data-role-menu]");
    if (menu) showChipMenu(this.querySelector("[data-chip-menu]"), menu, this.target, this.words && ((text) => this.write(text)));
    const gone = event.target.closest("[data-remove]");
    if (gone) this.target.remove(gone.closest(".ref"));
  }

  /** The prompt of the form that it stands in. */
  get words() {
    return this.closest("form").elements.prompt;
  }

  write(text) {
    const area = this.words;
    const before = area.value.slice(0, area.selectionStart);
    area.setRangeText(`${!before || /\s$/.test(before) ? "" : " "}${text} `, area.selectionStart, area.selectionEnd, "end");
    area.focus();
  }

  paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.target.send(files);
  }

  over(event) {
    event.preventDefault();
    this.classList.add("over");
  }

  drop(event) {
    event.preventDefault();
    this.classList.remove("over");
    const asset = event.dataTransfer.getData(ASSET);
    if (asset) this.target.sendAsset(asset, this.target.own.name);
    else this.target.send([...event.dataTransfer.files]);
  }
}

// what is still on its way would be missing
document.addEventListener("htmx:beforeRequest", (event) => {
  const field = event.target.matches?.("form") && event.target.querySelector("media-field:has(.ref.pending)");
  if (!field) return;
  event.preventDefault();
  field.target.refusals.replaceChildren();
  field.target.refuse(word("stillComing"));
});

customElements.define("media-field", MediaField);
