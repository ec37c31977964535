// Puts something that floats beside something that stands, within the window.

const GAP = 6;
const EDGE = 8;

export function place(floating, anchor, { above = false, centred = false } = {}) {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = floating;
  const wanted = centred ? at.left + (at.width - width) / 2 : at.left;
  const x = Math.max(EDGE, Math.min(wanted, innerWidth - width - EDGE));
  const fitsBelow = at.bottom + GAP + height <= innerHeight - EDGE;
  const fitsAbove = at.top - GAP - height >= EDGE;
  const up = above ? fitsAbove : !fitsBelow && fitsAbove;
  const y = up ? at.top - GAP - height : Math.min(at.bottom + GAP, Math.max(EDGE, innerHeight - height - EDGE));
  floating.style.setProperty("--x", `${Math.round(x)}px`);
  floating.style.setProperty("--y", `${Math.round(y)}px`);
}
