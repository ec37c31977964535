// The prompt bar: what is typed, pasted and chosen in it. The panel's fields belong to its form.

import { toTop } from "./feed.js";
import { openAt } from "./menus.js";
import { openDrawer } from "./panel.js";
import { sentence, word } from "./words.js";

const { htmx } = window;
const FLAG = /(^|\s)(--|—|–)[a-z]/i;
const NEAR = 0.85; // of the limit, from where the characters are counted
const CALM = 150;
const narrow = matchMedia("(max-width: 760px)"); // where the bar has one line until it is opened
// Chinese characters and their punctuation, as providers/params.py has them
const WIDE = /[\u2e80-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uff60\u{20000}-\u{3ffff}]/gu;

/** Characters, a Chinese one as so many. */
function countedLength(text, wide) {
  const plain = [...text].length;
  return wide > 1 ? plain + (wide - 1) * (text.match(WIDE) ?? []).length : plain;
}

class PromptBar extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.draft = this.dataset.draft;
    this.timer = 0;
    this.restore();
    this.addEventListener("input", (event) => event.target === this.words && this.typed());
    this.addEventListener("submit", (event) => this.submit(event), true);
    this.addEventListener("keydown", (event) => this.key(event));
    this.addEventListener("paste", (event) => event.target === this.words && setTimeout(() => this.readFlags()));
    this.addEventListener("focusin", () => {
      this.form.classList.add("opened");
      this.count();
    });
    narrow.addEventListener("change", () => this.count());
    this.addEventListener("click", (event) => this.click(event));
    document.addEventListener("change", (event) => event.target.form === this.form && this.changed(event.target));
    document.addEventListener("pointerdown", (event) => this.leave(event.target));
    document.addEventListener("click", (event) => this.clickAnywhere(event));
    document.addEventListener("composer:wrong", (event) => this.wrong(event.detail.field));
    this.form.addEventListener("htmx:beforeRequest", ({ target }) => {
      // not of a file that is waited for
      if (target === this.form || target.matches(".prompt-words")) this.asked = this.words.value;
    });
    this.form.addEventListener("htmx:afterRequest", (event) => event.target === this.form && event.detail.successful && toTop());
    document.addEventListener("htmx:load", () => this.count());
    addEventListener("pagehide", () => this.keep());
    this.typed();
  }

  get words() {
    return this.form.querySelector(".words");
  }

  /** The key of the chosen model. */
  get model() {
    return this.form.elements.model.value;
  }

  get panelUrl() {
    return this.dataset.panel;
  }

  // ── words ──

  /** Puts `text` into the prompt; where one is writing, undo brings the old one back. */
  fill(text) {
    const area = this.words;
    area.focus({ preventScroll: true });
    area.select();
    if (!document.execCommand("insertText", false, text)) area.value = text;
    if (area.value !== text) area.value = text;
    this.typed();
  }

  typed() {
    const area = this.words;
    area.removeAttribute("aria-invalid");
    // a sentence about words that are no longer there
    for (const said of this.querySelectorAll("#prompt-note > .err")) said.remove();
    if (!CSS.supports("field-sizing", "content")) {
      area.style.height = "auto";
      area.style.height = `${area.scrollHeight}px`;
    }
    this.count();
  }

  count() {
    const { limit: most, wide = 1, placeholder, placeholderShort } = this.querySelector("#chips").dataset;
    const limit = Number(most);
    const used = countedLength(this.words.value, Number(wide));
    this.words.placeholder = narrow.matches && !this.form.matches(".opened") ? placeholderShort : placeholder;
    const counter = this.querySelector(".counter");
    counter.hidden = !limit || used < limit * NEAR;
    counter.classList.toggle("over", used > limit);
    counter.textContent = sentence("characters", { used, limit });
  }

  readFlags() {
    if (FLAG.test(this.words.value)) this.ask(this.dataset.read);
  }

  /** Asks with what the form says when those before have been answered, beside the form's own request: Create waits
   * for the answer. Whether there was one. */
  ask(url, values = {}) {
    const coming = (this.coming ?? Promise.resolve()).then(() => this.bring(url, values));
    this.coming = coming;
    coming.then(() => this.coming === coming && (this.coming = null));
    return coming;
  }

  async bring(url, values) {
    const data = new FormData(this.form);
    for (const [name, value] of Object.entries(values)) data.set(name, value);
    const source = this.querySelector(".prompt-words");
    let came = false;
    const note = ({ detail }) => (came = detail.successful);
    source.addEventListener("htmx:afterRequest", note);
    try {
      await htmx.ajax("POST", url, { source, target: "#panel", swap: "outerHTML", values: data });
    } catch {
      // requests.js has said so
    } finally {
      source.removeEventListener("htmx:afterRequest", note);
    }
    return came;
  }

  /** What was just chosen may still be on its way: it is what shall be created, not what was there before. */
  async submit(event) {
    if (event.target !== this.form || !this.coming) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.waits) return;
    this.waits = true;
    this.form.classList.add("htmx-request");
    let came;
    while (this.coming) came = await this.coming;
    this.form.classList.remove("htmx-request");
    this.waits = false;
    if (came) this.form.requestSubmit();
  }

  changed(field) {
    if (field === this.words) {
      // on its way to Create: the server reads the flags itself, and an answer now would take the click away
      if (!this.pressing) this.readFlags();
      return;
    }
    this.showChip(field);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => htmx.trigger(this.form, "composer:changed"), CALM);
  }

  showChip(field) {
    const list = field.name && this.querySelector(`[data-sets="${field.name}"]`);
    const option = list && [...list.children].find((row) => row.value === field.value);
    if (!option) return;
    for (const row of list.children) row.setAttribute("aria-selected", row === option);
    const chip = this.querySelector(`[data-chip="${field.name}"]`);
    const text = option.lastElementChild.textContent;
    chip.querySelector("b").textContent = text;
    chip.setAttribute("aria-label", `${chip.dataset.label} ${text}`);
    const shape = chip.querySelector(".ratio");
    const box = option.querySelector(".ratio");
    if (!shape) return;
    shape.hidden = !box;
    if (box) shape.style.setProperty("--ar", box.style.getPropertyValue("--ar"));
  }

  // ── keys and clicks ──

  key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.form.requestSubmit();
    } else if (event.key === "ArrowUp" && event.target === this.words && !this.words.value) {
      event.preventDefault();
      this.lastPrompt();
    } else if (event.key === "Escape" && event.target === this.words) {
      this.words.blur();
    }
  }

  async lastPrompt() {
    await this.loadPrompts();
    const latest = this.querySelector("#prompts [data-fill]");
    if (latest) this.fill(latest.dataset.fill);
  }

  loadPrompts() {
    return htmx.ajax("GET", this.dataset.prompts, { source: this, target: "#prompts", swap: "innerHTML" });
  }

  async click(event) {
    const recent = event.target.closest("[data-recent]");
    if (recent) {
      await this.loadPrompts();
      openAt(this.querySelector("#prompts"), recent);
    }
    const model = event.target.closest("[data-model]");
    if (model && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      model.closest("[popover]").hidePopover();
      await this.ask(this.panelUrl, { choose: model.dataset.model });
      this.querySelector("[popovertarget='models']").focus();
    }
    const option = event.target.closest("[data-sets] [role='option']");
    if (option) this.choose(option);
  }

  choose(option) {
    const list = option.parentElement;
    const fields = this.form.elements[list.dataset.sets];
    list.hidePopover();
    fields.value = option.value;
    const changed = fields instanceof RadioNodeList ? [...fields].find((field) => field.checked) : fields;
    changed?.dispatchEvent(new Event("change", { bubbles: true }));
  }

  clickAnywhere(event) {
    const filler = event.target.closest("[data-fill]");
    if (filler) {
      filler.closest("[popover]")?.hidePopover();
      this.fill(filler.dataset.fill);
      this.readFlags();
    }
    if (event.target.closest("[data-reset]")) this.ask(this.panelUrl, { reset: 1 });
    const use = event.target.closest("[data-use]");
    if (use && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.use(use.dataset);
    }
    const sent = event.target.closest("[data-send]");
    if (sent && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      this.receive(sent);
    }
  }

  async use({ use, useFrom, useJob }) {
    document.dispatchEvent(new CustomEvent("lightbox:close"));
    await this.ask(this.panelUrl, useFrom ? { from: useFrom, use } : { job: useJob, use });
    document.getElementById("announcer").textContent = word("filled");
    if (use === "prompt" || use === "all") this.words.focus({ preventScroll: true });
  }

  /** Takes a file that was sent here, with the model that it was sent to. */
  async receive(link) {
    const { send: file, sendModel: choose, sendRole: role } = link.dataset;
    link.closest("[popover]")?.hidePopover();
    document.dispatchEvent(new CustomEvent("lightbox:close"));
    await this.ask(this.panelUrl, { choose, file, role });
    document.getElementById("announcer").textContent = word("filled");
    toTop();
    this.words.focus({ preventScroll: true });
  }

  leave(target) {
    this.pressing = Boolean(target.closest(".go"));
    if (target.closest("prompt-bar, #parameters, dialog")) return;
    this.form.classList.remove("opened");
    this.count();
  }

  wrong(id) {
    const field = id && document.getElementById(id);
    if (!field) return;
    const inDrawer = field.closest("#parameters");
    if (inDrawer && !inDrawer.checkVisibility()) openDrawer(true);
    const focusable = field.matches("fieldset") ? field.querySelector("input") : field;
    focusable.focus({ preventScroll: true });
    focusable.scrollIntoView({ block: inDrawer ? "center" : "nearest" });
    field.setAttribute("aria-invalid", "true");
  }

  // ── what is typed survives a reload and signing in again ──

  keep() {
    try {
      if (this.words.value) sessionStorage.setItem(this.draft, this.words.value);
      else sessionStorage.removeItem(this.draft);
    } catch {
      // a browser that keeps nothing
    }
  }

  restore() {
    try {
      this.words.value ||= sessionStorage.getItem(this.draft) ?? "";
    } catch {
      // a browser that keeps nothing
    }
  }
}

/** Comes with an answer that changes the words; what was typed meanwhile is left alone. */
class SetPrompt extends HTMLElement {
  connectedCallback() {
    // its content has been parsed when the answer is in place
    queueMicrotask(() => {
      const bar = document.querySelector("prompt-bar");
      if (bar && bar.words.value === bar.asked) bar.fill(this.querySelector("textarea").value);
      this.remove();
    });
  }
}

// another model replaces the price that asks; what it then hears is about the one before
document.addEventListener("htmx:beforeSend", ({ detail: { elt } }) => {
  if (elt.id !== "price") return;
  elt.addEventListener("htmx:beforeOnLoad", (event) => elt.isConnected || event.preventDefault(), { once: true });
});

customElements.define("prompt-bar", PromptBar);
customElements.define("set-prompt", SetPrompt);
