// What the modules of this room share: its elements and its words.

import { said as saidWith } from "../components/posting.js";

export { post } from "../components/posting.js";

export const room = document.getElementById("gallery");
export const wall = document.getElementById("wall");

export const shots = () => [...wall.querySelectorAll(":scope > .shot")];
export const shotOf = (id) => wall.querySelector(`:scope > .shot[data-output="${id}"]`);
export const says = (name, values = {}) => room.dataset[name].replace(/\{(\w+)\}/g, (gap, key) => values[key] ?? gap);
export const said = (answer, undone = null) => saidWith(answer, says("undo"), undone);

/** Tells the others of this room that something has changed. */
export function changed(name, detail = {}) {
  room.dispatchEvent(new CustomEvent(`gallery:${name}`, { detail }));
}
