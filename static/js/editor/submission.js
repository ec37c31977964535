// The prompt, the model and the primary button. What is asked follows from what was done; nothing is lost when it
// is refused or does not arrive.

import { freshKey } from "../requests.js";
import { choices } from "./ask.js";
import { enable, icon, isOff, make, number, say } from "./dom.js";
import { maskFile } from "./png.js";
import { Settings } from "./settings.js";

const RESTS = 700; // ms after an accepted request, so that a double click asks once

export class Submission {
  constructor(editor, { versions, saving, options }) {
    Object.assign(this, { editor, versions, saving, options });
    const { root } = editor;
    this.form = root.querySelector(".pf");
    this.prompt = this.form.querySelector("[name='prompt']");
    this.button = this.form.querySelector(".go");
    this.note = root.querySelector(".ask-note");
    this.promptError = root.querySelector("#prompt-error");
    this.menu = root.querySelector("#ask-models");
    this.chip = root.querySelector("[popovertarget='ask-models']");
    this.whyNot = root.querySelector(".why");
    this.settings = new Settings(root, () => this.showPrice());
    this.chosen = null; // "slug model", when the person chose
    this.wished = new URLSearchParams(location.search).get("tool") ?? ""; // the action that led here
    this.attempt = null;
    this.isBusy = false;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.prompt.addEventListener("input", () => this.typed());
    this.menu.addEventListener("click", (event) => this.choose(event.target.closest("[data-choice]")));
    this.note.addEventListener("click", (event) => event.target.closest("[data-again]") && this.submit());
    editor.on("session prompt", () => this.showPrompt());
    editor.on("session", () => (this.choice = null));
    editor.on("session mask placement history versions", () => this.refresh());
  }

  // ── what the button says ──

  refresh() {
    const { session } = this.editor;
    if (!session) return;
    const { offers } = this.editor;
    const { found, why } = choices(offers, session.placement, session.base, !session.mask.isEmpty, this.wished);
    const isIdle = why?.name === "nothing";
    // before anything is marked the page shows what a mark would be asked of, and what it costs
    this.found = isIdle ? choices(offers, session.placement, session.base, true, this.wished).found : found;
    this.choice = this.found.find((one) => keyOf(one) === this.chosen) ?? this.found[0] ?? (offers.length ? this.choice : null);
    this.why = why ? say(why.name, why.values) : "";
    this.whyNot.textContent = this.why;
    this.whyNot.hidden = !this.why;
    this.whyNot.toggleAttribute("data-idle", isIdle);
    const offer = this.choice?.offer;
    this.button.querySelector(".word").textContent = offer?.label ?? this.form.dataset.idle;
    this.settings.show(offer ? keyOf(this.choice) : "");
    this.showPrice();
    this.button.dataset.tip = this.why || offer?.label;
    this.button.dataset.key = this.why ? "" : "Ctrl ↵";
    this.button.setAttribute("aria-description", this.why);
    enable(this.button, Boolean(offer) && !this.why && !this.isBusy);
    this.showChip();
    this.prompt.disabled = Boolean(offer) && !offer.takes_prompt;
    const { placeholder, idlePlaceholder } = this.form.dataset;
    this.prompt.placeholder = this.prompt.disabled ? say("noPrompt", { operation: offer.label }) : isIdle ? idlePlaceholder : placeholder;
    if (offer?.max_prompt) this.prompt.maxLength = offer.max_prompt;
  }

  showPrice() {
    const offer = this.choice?.offer;
    const price = this.button.querySelector(".price");
    price.hidden = !offer;
    price.querySelector("span").textContent = offer ? number(this.settings.price(offer)) : "";
  }

  showChip() {
    const { found, choice } = this;
    this.chip.hidden = !choice;
    if (!choice) return;
    this.chip.querySelector("b").textContent = choice.offer.model_title;
    this.chip.disabled = found.length < 2;
    this.chip.querySelector(".i").toggleAttribute("hidden", found.length < 2);
    this.menu.replaceChildren(...found.map((one) => this.row(one)));
  }

  row(one) {
    const { offer } = one;
    const text = make("span", { textContent: offer.model_title }, make("small", { textContent: offer.label }));
    const price = make("span", { className: "tag" }, icon("gem", "fill"), number(offer.price));
    const row = make("button", { type: "button", className: "menu-item", role: "option", tabIndex: -1, "aria-selected": one === this.choice }, text, price);
    row.dataset.choice = keyOf(one);
    return row;
  }

  choose(row) {
    if (!row) return;
    this.chosen = row.dataset.choice;
    this.menu.hidePopover();
    this.refresh();
    this.chip.focus();
  }

  typed() {
    this.editor.session.prompt = this.prompt.value;
    this.sayPrompt("");
    this.editor.tell("prompt");
  }

  showPrompt() {
    if (this.prompt.value !== this.editor.session.prompt) this.prompt.value = this.editor.session.prompt;
  }

  // ── asking ──

  async submit() {
    const { editor, choice } = this;
    if (this.isBusy || isOff(this.button) || !choice) return;
    editor.tool.leave();
    if (choice.offer.needs_prompt && !this.prompt.value.trim()) {
      this.sayPrompt(say("needsPrompt"));
      this.prompt.focus();
      return;
    }
    this.sayAll({});
    this.setBusy(true);
    const { session } = editor;
    try {
      const { body, file } = await this.body(session, choice);
      const answer = await fetch(editor.data.urls.submit, { method: "POST", body, headers: { "X-CSRFToken": this.form.elements.csrfmiddlewaretoken.value } });
      await this.answered(answer, session, file);
    } catch {
      this.say(navigator.onLine ? say("notSent") : say("offline"), { again: true });
    } finally {
      this.setBusy(false);
    }
  }

  async body(session, { offer, fields }) {
    const values = { base: session.base.ref, operation: offer.slug, model: offer.model, prompt: offer.takes_prompt ? this.prompt.value.trim() : "", ...fields, ...this.settings.values() };
    const sendsMask = offer.takes_mask && !session.mask.isEmpty;
    const content = JSON.stringify([values, sendsMask && session.mask.revision]);
    // the same content again has the same key, so that what arrived without an answer is not made twice
    if (this.attempt?.content !== content) this.attempt = { content, key: freshKey() };
    const body = new FormData();
    body.set("request_key", this.attempt.key);
    for (const [name, value] of Object.entries(values)) body.set(name, value);
    const file = sendsMask ? await maskFile(session.mask, this.editor.root.dataset.pngWorker) : null;
    if (file) body.set("mask", file, "mask.png");
    return { body, file };
  }

  async answered(answer, session, file) {
    if (answer.status === 401 || answer.redirected) {
      this.say(say("signedOut"), { again: true });
      return;
    }
    const isJson = answer.headers.get("content-type")?.includes("json");
    const told = isJson ? await answer.json() : {};
    if (answer.status === 422) {
      this.sayAll(told.errors ?? {});
      return;
    }
    if (!answer.ok) {
      const known = told.errors?.[""] ?? { 403: say("refused"), 413: say("tooBig") }[answer.status];
      this.say(known ?? say("notSent"), { again: true });
      return;
    }
    this.attempt = null;
    this.versions.update(told);
    showCredits(told.credits);
    await this.saving.sent(session, file);
    this.editor.announce("sent", { operation: this.choice?.offer.label ?? "" });
    this.editor.tell("sent");
    await new Promise((resolve) => setTimeout(resolve, RESTS));
  }

  setBusy(isBusy) {
    this.isBusy = isBusy;
    this.button.style.minWidth = isBusy ? `${this.button.offsetWidth}px` : "";
    this.form.classList.toggle("htmx-request", isBusy);
    if (isBusy) enable(this.button, false);
    else this.refresh();
  }

  // ── what went wrong, where it did ──

  sayAll({ prompt = "", mask = "", canvas = "", ...others }) {
    this.sayPrompt(prompt);
    this.say(Object.values(others).flat().join(" "));
    if (mask || canvas) this.options.say([mask, canvas].filter(Boolean).join(" "));
    else this.options.notice.hidden = true;
    if (prompt) this.prompt.focus();
  }

  sayPrompt(text) {
    this.promptError.hidden = !text;
    this.promptError.querySelector("span").textContent = text;
    this.prompt.closest(".input").classList.toggle("invalid", Boolean(text));
    if (text) this.prompt.setAttribute("aria-invalid", "true");
    else this.prompt.removeAttribute("aria-invalid");
  }

  say(text, { again = false } = {}) {
    this.note.hidden = !text;
    this.note.querySelector("p").textContent = text;
    this.note.querySelector("[data-again]").hidden = !again;
  }
}

function keyOf({ offer }) {
  return `${offer.slug} ${offer.model}`;
}

export function showCredits(available) {
  if (available === undefined) return;
  document.querySelectorAll("[data-credits]").forEach((element) => (element.textContent = number(available)));
}
