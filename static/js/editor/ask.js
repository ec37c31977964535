// What the primary button asks for. It follows from what has been done to the picture, and from what the services
// offer for it; nothing here knows a service.

import { allAround, extension, isSame, onlySide, overlaps, untouched } from "./placement.js";

const EXACT = 10_000; // scales are told with four decimals

/** What has been done: {nothing, marks, side, around, canvas}. */
export function deed(placement, base, hasMask) {
  const canvas = !isSame(placement, untouched(base));
  const alone = canvas && !hasMask;
  return {
    nothing: !canvas && !hasMask,
    marks: hasMask,
    canvas,
    side: alone ? onlySide(placement, base) : null,
    around: alone ? allAround(placement, base) : null,
  };
}

/**
 * All that can be asked, the best first: [{offer, fields}], and why nothing can be: a name in the page's words.
 * `wished` is the operation that the person came for; where it fits, it is the best.
 */
export function choices(offers, placement, base, hasMask, wished = "") {
  const done = deed(placement, base, hasMask);
  if (!overlaps(placement)) return { found: [], why: { name: "offCanvas" } };
  const order = preferred(done);
  const place = ({ slug }) => (slug === wished ? -1 : order.includes(slug) ? order.indexOf(slug) : order.length);
  const suits = (offer) => order.includes(offer.slug) || (!done.canvas && isPlain(offer));
  const fitting = offers
    .filter((offer) => (done.nothing ? offer.slug === wished && isPlain(offer) : suits(offer)))
    .map((offer) => ({ offer, ...fit(offer, placement, base, done) }));
  const found = fitting.filter((one) => one.fields).sort((a, b) => place(a.offer) - place(b.offer));
  if (done.nothing && !found.length) return { found, why: { name: "nothing" } };
  const edits = new Set(found.filter(({ offer }) => offer.slug === "edit").map(({ offer }) => offer.model));
  const distinct = found.filter(({ offer }) => offer.slug !== "upload-paint" || !edits.has(offer.model));
  return { found: distinct, why: distinct.length ? null : (fitting.find((one) => one.why)?.why ?? { name: "notOffered" }) };
}

/** Takes a mask of the picture as it is, whatever it is called. */
function isPlain(offer) {
  return offer.takes_mask && !offer.takes_canvas;
}

function preferred({ canvas, side, around }) {
  if (!canvas) return ["inpaint", "edit", "upload-paint"];
  if (side) return ["pan", "edit", "upload-paint"];
  if (around) return ["outpaint", "edit", "upload-paint"];
  return ["edit", "upload-paint"];
}

function fit(offer, placement, base, done) {
  if (done.marks && !offer.takes_mask) return { why: { name: "noMask" } };
  if (!done.marks && offer.needs_mask) return { why: { name: "needsMask" } };
  if (offer.slug === "pan") {
    const across = done.side === "left" || done.side === "right";
    const scale = across ? placement.canvasWidth / base.width : placement.canvasHeight / base.height;
    if (!(offer.fields.direction ?? [done.side]).includes(done.side)) return { why: { name: "notOffered" } };
    return scaleFields(offer, scale, { direction: done.side });
  }
  if (offer.slug === "outpaint") return scaleFields(offer, done.around, {});
  if (isPlain(offer)) return { fields: {} };
  const { canvas_min: least = 1, canvas_max: most = Infinity } = offer.limits ?? {};
  const sizes = [placement.canvasWidth, placement.canvasHeight];
  if (Math.min(...sizes) < least) return { why: { name: "tooSmall", values: { least } } };
  if (Math.max(...sizes) > most) return { why: { name: "tooLarge", values: { most } } };
  return { fields: canvasFields(placement) };
}

function scaleFields(offer, scale, fields) {
  const { min, max } = offer.fields.scale;
  const rounded = Math.round(scale * EXACT) / EXACT;
  if (rounded < min) return { why: { name: "tooLittle", values: { min } } };
  if (rounded > max) return { why: { name: "tooMuch", values: { max } } };
  return { fields: { ...fields, scale: rounded } };
}

function canvasFields({ canvasWidth, canvasHeight, x, y, width, height }) {
  return {
    canvas_width: canvasWidth,
    canvas_height: canvasHeight,
    image_x: x,
    image_y: y,
    image_width: width,
    image_height: height,
  };
}

/** The words of an extension: "190 px, right". */
export function told(placement, names) {
  return Object.entries(extension(placement))
    .filter(([, pixels]) => pixels !== 0)
    .map(([side, pixels]) => `${pixels > 0 ? "+" : "−"}${Math.abs(pixels)} px ${names[side]}`);
}
