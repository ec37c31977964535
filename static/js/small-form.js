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
const picks = (target) => target.matches?.(".pop select[name='model']");
let asked = null; // the form, and what its fields said when another model was asked for
let late = null; // what they said when it came

document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (picks(target)) asked = { id: target.form.id, said: new Map(texts(target.form).map((field) => [field.name, field.value])) };
});
document.addEventListener("htmx:afterRequest", ({ target }) => {
  if (picks(target)) asked = null; // one that brought nothing
});
document.addEventListener("htmx:beforeSwap", ({ detail: { target, shouldSwap } }) => {
  if (!shouldSwap || !asked || target.id !== asked.id) return;
  const typed = texts(target).filter((field) => field.value !== asked.said.get(field.name));
  late = { id: target.id, said: new Map(typed.map((field) => [field.name, field.value])), focus: document.activeElement?.name };
  asked = null;
});
document.addEventListener("htmx:afterSwap", () => {
  const form = late && document.getElementById(late.id);
  if (!form) return;
  for (const field of texts(form)) {
    if (!late.said.has(field.name)) continue;
    field.value = late.said.get(field.name);
    if (field.name === late.focus) field.focus({ preventScroll: true });
  }
  late = null;
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
