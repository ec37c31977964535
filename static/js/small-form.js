// The small form of a follow-up, beside its button.

import { kindOf } from "./files/kinds.js";
import { openAt } from "./menus.js";

const { htmx } = window;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-small-form]");
  if (!button) return;
  const bar = button.closest(".actions");
  const pop = bar.querySelector(":scope > .pop");
  // a row behind More is gone when the form opens
  const anchor = button.closest("[popover]") ? bar.querySelector("[data-more]") : button;
  const again = pop.matches(":popover-open") && pop.dataset.of === button.dataset.smallForm;
  if (pop.matches(":popover-open")) pop.hidePopover();
  if (again) return;
  pop.dataset.of = button.dataset.smallForm;
  pop.innerHTML = '<div class="skel"></div>';
  openAt(pop, anchor);
  const model = "withModel" in button.dataset && document.querySelector("prompt-bar")?.model;
  const url = model ? `${button.dataset.smallForm}?model=${encodeURIComponent(model)}` : button.dataset.smallForm;
  await htmx.ajax("GET", url, { source: pop, target: pop, swap: "innerHTML" });
  openAt(pop, anchor);
  const first = (selector) => [...pop.querySelectorAll(selector)].find((one) => one.checkVisibility());
  (first("[autofocus]") ?? first("textarea, input:not([type='hidden']), a, button"))?.focus({ preventScroll: true });
});

// a form that has grown may not end below the window
function placeAgain(event) {
  const pop = event.target.closest?.(".actions > .pop:popover-open");
  if (pop?.anchorButton?.isConnected) openAt(pop, pop.anchorButton);
}
document.addEventListener("htmx:afterSettle", placeAgain);
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details")) placeAgain(event);
}, true);

// another model draws the form anew: what is typed until it comes is kept
const texts = (form) => [...form.elements].filter((field) => field.name && field.matches("textarea, input:not([type]), [type='text'], [type='number']"));
let asked = null;
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  const form = target.matches?.(".pop select[name='model']") && target.form;
  if (form) asked = { id: form.id, said: new Map(texts(form).map((field) => [field.name, field.value])) };
});
document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  if (!asked || target.id !== asked.id) return;
  const typed = texts(target).filter((field) => field.value !== asked.said.get(field.name));
  asked = null;
  const late = new Map(typed.map((field) => [field.name, field.value]));
  const focused = target.contains(document.activeElement) && document.activeElement.name;
  document.addEventListener("htmx:afterSwap", () => {
    const fields = texts(document.getElementById(target.id) ?? target);
    for (const field of fields) if (late.has(field.name)) field.value = late.get(field.name);
    if (late.has(focused)) fields.find((field) => field.name === focused)?.focus({ preventScroll: true });
  }, { once: true });
});

document.addEventListener("job:created", (event) => {
  event.target.closest?.(".pop:popover-open")?.hidePopover();
});

// a file that is pasted anywhere in a small form goes to its first field for such files
document.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  const fields = [...(event.target.closest?.(".pop form")?.querySelectorAll("media-field") ?? [])];
  if (event.defaultPrevented || !files.length || !fields.length) return;
  event.preventDefault();
  const field = fields.find((one) => one.target.takes(kindOf(files[0]))) ?? fields[0];
  field.target.send(files);
});
