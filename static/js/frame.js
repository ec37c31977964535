// The frame: theme, team menu, dialogs that buttons open, text that buttons copy.

import { openAt } from "./menus.js";
import { toast } from "./toast.js";
import { word } from "./words.js";

const { htmx } = window;
const YEAR = 365 * 24 * 3600;

export function setCookie(name, value) {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${YEAR}; samesite=lax`;
}

document.addEventListener("click", async (event) => {
  const theme = event.target.closest("[data-theme-choice]");
  if (theme) chooseTheme(theme);
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  const teams = event.target.closest("[data-teams]");
  if (teams) {
    if (!document.getElementById("team-menu")) {
      await htmx.ajax("GET", teams.dataset.teams, { target: "#teams", swap: "innerHTML" });
    }
    openAt(document.getElementById("team-menu"), teams);
  }
  const copier = event.target.closest("[data-copy-from]");
  if (copier) copy(document.getElementById(copier.dataset.copyFrom).textContent.trim());
});

function chooseTheme(button) {
  const choice = button.dataset.themeChoice;
  setCookie("theme", choice);
  if (choice === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  for (const other of document.querySelectorAll("[data-theme-choice]")) {
    other.setAttribute("aria-pressed", other === button);
  }
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // the clipboard's own interface needs HTTPS; this older one does not
    const area = Object.assign(document.createElement("textarea"), { value: text, className: "sr" });
    (document.querySelector("dialog:modal") ?? document.body).append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(word("copied"));
}

// a click beside a dialog closes it
document.addEventListener("pointerdown", (event) => {
  if (event.target.matches?.("dialog.dialog:modal")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX > box.left && event.clientX < box.right && event.clientY > box.top && event.clientY < box.bottom;
    if (!inside) event.target.close();
  }
});

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  document.querySelectorAll("[data-mod]").forEach((key) => (key.textContent = "⌘"));
}
