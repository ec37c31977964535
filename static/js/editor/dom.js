// Small helpers for what scripts put on the page. Words come from the template.

const words = document.getElementById("editor-words");

/** The sentence `name` of the page, with `values` in its {gaps}. */
export function say(name, values = {}) {
  return (words.dataset[name] ?? "").replace(/\{(\w+)\}/g, (gap, key) => values[key] ?? gap);
}

export function number(value) {
  return new Intl.NumberFormat(document.documentElement.lang).format(value);
}

/** An element with properties (or attributes, where they contain a dash) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function icon(name, classes = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `i ${classes}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${words.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** Gives a slider a value and draws its filled part. */
export function setRange(range, value) {
  range.value = value;
  const share = (range.value - range.min) / (range.max - range.min || 1);
  range.parentElement.style.setProperty("--v", `${(share * 100).toFixed(1)}%`);
}

/** Turns a button off without taking its tooltip and focus away. */
export function enable(button, isOn) {
  if (isOn) button.removeAttribute("aria-disabled");
  else button.setAttribute("aria-disabled", "true");
}

export const isOff = (button) => button.getAttribute("aria-disabled") === "true";

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
