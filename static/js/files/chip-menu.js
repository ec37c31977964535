// What can be done with a chip: another role, another place among its like, its number in the prompt, taking it out.

import { openAssist } from "../assist.js";
import { openAt } from "../menus.js";
import { word } from "../words.js";

function row(text, act, checked) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "menu-item" });
  button.setAttribute("role", checked === undefined ? "menuitem" : "menuitemradio");
  if (checked !== undefined) button.setAttribute("aria-checked", checked);
  button.append(Object.assign(document.createElement("span"), { textContent: text }));
  button.addEventListener("click", () => {
    button.parentElement.hidePopover();
    act();
  });
  return button;
}

/** Opens `menu` at the chip's `button`. `write(text)` puts words into the prompt. */
export function showChipMenu(menu, button, target, write) {
  const chip = button.closest(".ref");
  const field = chip.querySelector("input");
  const alike = target.roles().filter((role) => !chip.dataset.kind || role.kind === chip.dataset.kind);
  const own = target.role(chip.dataset.role);
  const line = target.inRole(chip.dataset.role);
  const place = line.indexOf(chip);
  const groups = [
    alike.length > 1 ? alike.map((role) => row(role.label, () => role.name !== own?.name && target.changeRole(chip, role.name), role.name === own?.name)) : [],
    [
      own?.spoken && write && row(word("writeNumber", target.spokenOf(chip)), () => write(target.spokenOf(chip))),
      place > 0 && row(word("earlier"), () => target.move(chip, -1)),
      place < line.length - 1 && row(word("later"), () => target.move(chip, 1)),
    ],
    [
      field && field.name !== "pending" && menu.dataset.assistUrl && chip.dataset.kind !== "audio" && describeRow(menu, button, field.value),
      field && field.name !== "pending" && menu.dataset.fileUrl && openRow(menu, field.value),
      row(word("takeOut"), () => target.remove(chip)),
    ],
  ].map((rows) => rows.filter(Boolean));
  menu.replaceChildren(...groups.filter((rows) => rows.length).flatMap((rows, index) => (index ? [document.createElement("hr"), ...rows] : rows)));
  openAt(menu, button);
}

/** A chat model's words for the file. */
function describeRow(menu, button, id) {
  return row(menu.dataset.describe, () => openAssist(`${menu.dataset.assistUrl}?asset=${id}`, button));
}

/** The way to what else can be done with the file. */
function openRow(menu, id) {
  const link = Object.assign(document.createElement("a"), { className: "menu-item", href: menu.dataset.fileUrl.replace("/0/", `/${id}/`) });
  link.setAttribute("role", "menuitem");
  link.append(Object.assign(document.createElement("span"), { textContent: menu.dataset.open }));
  return link;
}
