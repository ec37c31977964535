// The models to choose from: found by typing, walked with the arrows.

const picker = () => document.getElementById("models");

function filter(field) {
  const terms = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const group of picker().querySelectorAll(".models-group")) {
    const rows = [...group.querySelectorAll("[role='option']")];
    for (const row of rows) {
      const text = `${group.ariaLabel} ${row.textContent}`.toLowerCase();
      row.hidden = !terms.every((term) => text.includes(term));
    }
    group.hidden = rows.every((row) => row.hidden);
    found += rows.filter((row) => !row.hidden).length;
  }
  picker().querySelector("[data-none]").hidden = found > 0;
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("#models [data-filter]")) filter(event.target);
});

document.addEventListener("keydown", (event) => {
  const field = event.target.closest?.("#models")?.querySelector("[data-filter]");
  if (!field) return;
  if (event.target === field && event.key === "Enter") {
    event.preventDefault();
    [...picker().querySelectorAll("[role='option']")].find((row) => !row.hidden)?.click();
  } else if (event.target !== field && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) {
    // typing anywhere in the list searches it
    event.stopImmediatePropagation();
    event.preventDefault();
    field.value += event.key;
    field.focus();
    filter(field);
  }
}, true);

document.addEventListener("models:priced", ({ detail }) => {
  for (const [id, price] of Object.entries(detail.prices)) {
    const shown = document.getElementById(`model-price-${id}`);
    if (!shown) continue;
    shown.hidden = price === null;
    shown.querySelector("[data-figure]").textContent = price ?? "";
  }
});

document.addEventListener("toggle", (event) => {
  if (event.target.id !== "models" || event.newState !== "closed") return;
  const field = event.target.querySelector("[data-filter]");
  field.value = "";
  filter(field);
}, true);
