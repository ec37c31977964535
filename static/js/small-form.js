// The small form of a follow-up, beside its button.

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
  await htmx.ajax("GET", button.dataset.smallForm, { source: pop, target: pop, swap: "innerHTML" });
  openAt(pop, anchor);
  (pop.querySelector("[autofocus]") ?? pop.querySelector("textarea, input:not([type='hidden']), button"))?.focus({ preventScroll: true });
});

// a form that has grown may not end below the window
function placeAgain(event) {
  const pop = event.target.closest?.(".pop:popover-open");
  if (pop?.anchorButton?.isConnected) openAt(pop, pop.anchorButton);
}
document.addEventListener("htmx:afterSettle", placeAgain);
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details")) placeAgain(event);
}, true);

document.addEventListener("job:created", (event) => {
  event.target.closest?.(".pop:popover-open")?.hidePopover();
});
