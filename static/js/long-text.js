// Two lines of a long prompt, with a button for the rest. Without a script the title still tells it all.

import { word } from "./words.js";

const watched = new ResizeObserver((entries) => entries.forEach((entry) => entry.target.parentElement?.judge?.()));

class LongText extends HTMLElement {
  connectedCallback() {
    this.text = this.firstElementChild;
    this.button = this.querySelector(".say-more") ?? document.createElement("button");
    Object.assign(this.button, { type: "button", className: "say-more", hidden: true, textContent: word("more") });
    this.button.setAttribute("aria-expanded", "false");
    this.button.setAttribute("aria-controls", this.text.id);
    this.button.onclick = () => this.toggle();
    this.append(this.button);
    watched.observe(this.text);
  }

  disconnectedCallback() {
    watched.unobserve(this.text);
  }

  judge() {
    if (!this.text.classList.contains("whole")) this.button.hidden = this.text.scrollHeight <= this.text.clientHeight + 2;
  }

  toggle() {
    const whole = this.text.classList.toggle("whole");
    this.button.setAttribute("aria-expanded", whole);
    this.button.textContent = word(whole ? "less" : "more");
  }
}

customElements.define("long-text", LongText);
