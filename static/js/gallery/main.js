// The wall of the gallery: it goes on as one scrolls, keeps its place, and its pictures can be selected.

import "./wall.js";
import "./place.js";
import "./picking.js";
import "./bulk.js";
import "./sidebar.js";
