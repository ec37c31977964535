// A chat model's help with words, in a pop-up: asked, read as it comes, and used as the prompt.

import { openAt } from "./menus.js";
import { freshKey } from "./requests.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

const { htmx } = window;
const LOOK_AGAIN = 1500; // ms, for browsers that lost the stream

class WritingHelp extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.answer = this.querySelector(".assist-answer textarea");
    this.form.addEventListener("submit", (event) => this.ask(event));
    this.addEventListener("click", (event) => this[event.target.closest("[data-do]")?.dataset.do]?.());
    this.form.elements.model?.addEventListener("change", () => this.showPrice());
    this.showPrice();
    // a picture that has loaded and an answer that grows may not end below the window
    this.sizes = new ResizeObserver(() => this.placeAgain());
    this.sizes.observe(this);
  }

  disconnectedCallback() {
    this.stream?.close();
    this.sizes.disconnect();
  }

  placeAgain() {
    const pop = this.closest(".pop:popover-open");
    if (pop?.anchorButton?.isConnected) openAt(pop, pop.anchorButton);
  }

  part(name) {
    return this.querySelector(`[data-do="${name}"]`);
  }

  showPrice() {
    const price = this.form.elements.model?.selectedOptions[0]?.dataset.price ?? "";
    const shown = this.querySelector("[data-price]:not(option)");
    if (!shown) return;
    shown.textContent = price;
    shown.parentElement.hidden = price === "";
  }

  async ask(event) {
    event.preventDefault();
    if (this.dataset.state === "running") return;
    const data = new FormData(this.form);
    const bar = document.querySelector("prompt-bar");
    if (data.get("purpose") === "improve") data.set("prompt", bar?.words.value ?? "");
    this.asked = null;
    this.before = this.answer.value;
    this.show("running");
    let told = null;
    try {
      const answer = await fetch(this.form.action, { method: "POST", body: data, headers: { Accept: "application/json" } });
      told = await answer.json();
      if (!answer.ok) return this.refuse(told.message);
    } catch {
      return this.refuse(word("failed"));
    }
    this.asked = told;
    if (this.stopping) this.stop();
    return this.follow(told);
  }

  follow({ events, url }) {
    this.stream = new EventSource(events);
    for (const name of ["text", "done", "failed", "canceled"]) {
      this.stream.addEventListener(name, (event) => this.hear(name, JSON.parse(event.data)));
    }
    this.stream.onerror = () => {
      if (this.stream.readyState !== EventSource.CLOSED) return;
      setTimeout(() => this.look(url), LOOK_AGAIN);
    };
  }

  async look(url) {
    if (this.dataset.state !== "running" || !this.isConnected) return;
    try {
      const told = await (await fetch(url, { headers: { Accept: "application/json" } })).json();
      this.hear(told.state === "queued" || told.state === "running" ? "text" : told.state, told);
    } catch {
      // the next look may find it
    }
    setTimeout(() => this.look(url), LOOK_AGAIN);
  }

  hear(name, { text, thinking, message }) {
    this.answer.value = text;
    this.answer.scrollTop = this.answer.scrollHeight;
    const thoughts = this.querySelector(".assist-thoughts");
    thoughts.hidden = !thinking;
    thoughts.querySelector("p").textContent = thinking;
    if (name === "text") return;
    this.stream.close();
    // another question is another request; one whose answer never came is asked again as the same
    this.form.elements.request_key.value = freshKey();
    this.show(name);
    if (name === "failed") this.say(message);
    this.answer.scrollTop = 0;
    if (name === "done") this.part("use").focus({ preventScroll: true });
  }

  /** The question was not taken: the answer before it is still there. */
  refuse(message) {
    this.answer.value = this.before;
    this.show("");
    this.say(message);
  }

  say(message) {
    const line = this.querySelector(".assist-problem");
    line.querySelector("span").textContent = message;
    line.hidden = false;
  }

  /** `state` is "", "running", "done", "failed" or "canceled". */
  show(state) {
    this.dataset.state = state;
    const runs = state === "running";
    const has = Boolean(this.answer.value) && !runs;
    this.querySelector(".assist-problem").hidden = true;
    this.querySelector(".assist-answer").hidden = !runs && !has;
    if (runs) this.answer.value = "";
    this.answer.readOnly = runs;
    this.answer.setAttribute("aria-busy", runs);
    this.part("stop").hidden = !runs;
    this.part("copy").hidden = this.part("use").hidden = !has;
    const button = this.form.querySelector("[type=submit]");
    button.hidden = runs;
    button.classList.toggle("primary", !has);
    if (has) button.querySelector("[data-word]").textContent = button.dataset.again;
    this.stopping = false;
    if (runs) this.part("stop").focus();
  }

  stop() {
    this.stopping = true;
    // not taken yet: told as soon as it is
    if (!this.asked) return;
    const data = new FormData();
    data.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    fetch(this.asked.stop, { method: "POST", body: data }).catch(() => this.say(word("failed")));
  }

  async copy() {
    await navigator.clipboard.writeText(this.answer.value);
    toast(word("copied"));
  }

  /** Into the prompt bar, or to the page that has one. */
  use() {
    const bar = document.querySelector("prompt-bar");
    this.closest("[popover]")?.hidePopover();
    if (bar) {
      bar.fill(this.answer.value);
      return;
    }
    try {
      sessionStorage.setItem(this.dataset.draft, this.answer.value);
    } catch {
      // a browser that keeps nothing
    }
    location.assign(this.dataset.create);
  }
}

customElements.define("writing-help", WritingHelp);

/** Opens the pop-up of the prompt bar at `button` with the question of this address; what it had heard stays. */
export async function openAssist(url, button) {
  const pop = document.getElementById("assist");
  const again = pop.matches(":popover-open") && pop.dataset.of === url;
  if (pop.matches(":popover-open")) pop.hidePopover();
  if (again) return;
  if (pop.dataset.of !== url || !pop.querySelector("writing-help")) {
    pop.dataset.of = url;
    pop.innerHTML = '<div class="skel"></div>';
    openAt(pop, button);
    await htmx.ajax("GET", url, { source: pop, target: pop, swap: "innerHTML" });
  }
  openAt(pop, button);
  pop.querySelector("[autofocus]")?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-assist]");
  if (button) openAssist(button.dataset.assist, button);
});
