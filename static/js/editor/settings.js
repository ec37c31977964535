// The other parameters of the chosen operation, as the studio draws them. What is set is kept while another is chosen.

const EXACT = 10_000; // prices have four decimals before they are rounded up

export class Settings {
  constructor(root, changed) {
    this.root = root;
    this.chip = root.querySelector("[popovertarget='ask-settings']");
    this.pop = root.querySelector("#ask-settings");
    this.known = new Map();
    this.key = null;
    this.pop.addEventListener("input", changed);
    this.pop.addEventListener("change", changed);
  }

  /** Those of the offer with this key ("slug model"). */
  show(key) {
    if (key === this.key) return;
    this.key = key;
    if (!this.known.has(key)) this.known.set(key, this.made(key));
    const fields = this.known.get(key);
    if (!fields && this.pop.matches(":popover-open")) this.pop.hidePopover();
    this.chip.hidden = !fields;
    this.pop.replaceChildren(...(fields ? [fields] : []));
  }

  made(key) {
    const template = [...this.root.querySelectorAll("template[data-settings]")].find(({ dataset }) => dataset.settings === key);
    if (!template) return null;
    const fields = document.createElement("div");
    fields.className = "ask-fields";
    fields.append(template.content.cloneNode(true));
    return fields;
  }

  values() {
    const found = {};
    for (const input of this.pop.querySelectorAll("[name]")) {
      if (!["radio", "checkbox"].includes(input.type) || input.checked) found[input.name] = input.value;
    }
    return found;
  }

  /** Credits, with what is set. */
  price({ price, pricing }) {
    if (!pricing) return price;
    const values = this.values();
    const exact = Object.entries(pricing.factors).reduce((sum, [name, table]) => sum * (table[values[name]] ?? 1), pricing.unit);
    return Math.ceil(Math.round(exact * EXACT) / EXACT);
  }
}
