// The mask: one byte a pixel at the picture's own size, 255 repaints, 0 keeps. It is cut into tiles, so that
// a step of undo is no more than the packed XOR of what it changed: applied again, it is taken back.

import { pack, unpack } from "./packing.js";

export const TILE = 256;
const WORDS = TILE / 4; // of 32 bits, in a row of a tile
const EMPTY = 0;
const MIXED = 1;

export class Mask {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.stride = Math.ceil(width / TILE) * TILE;
    this.columns = this.stride / TILE;
    this.bytes = new Uint8Array(this.stride * height);
    this.words = new Uint32Array(this.bytes.buffer);
    this.tiles = new Uint8Array(this.columns * Math.ceil(height / TILE)); // EMPTY or MIXED
    this.before = new Map(); // tiles of the open step, as they were
    this.dirty = null; // what is to be drawn again: where one paints, and whole tiles
    this.dirtyTiles = [];
    this.revision = 0;
  }

  get isEmpty() {
    return !this.tiles.some((state) => state !== EMPTY);
  }

  // ── steps ──

  /** Remembers the tiles under a rectangle before they are changed. */
  touch(x0, y0, x1, y1) {
    const right = Math.floor((x1 - 1) / TILE);
    const bottom = Math.floor((y1 - 1) / TILE);
    for (let row = Math.floor(y0 / TILE); row <= bottom; row++) {
      for (let column = Math.floor(x0 / TILE); column <= right; column++) {
        const tile = row * this.columns + column;
        if (this.before.has(tile)) continue;
        this.before.set(tile, this.tiles[tile] === EMPTY ? null : this.copy(tile));
        this.tiles[tile] = MIXED;
      }
    }
    this.dirty = union(this.dirty, { x0, y0, x1, y1 });
  }

  /** Ends the open step: what it changed, or null. */
  commit() {
    const changed = [];
    for (const [tile, before] of this.before) {
      const now = this.copy(tile);
      this.tiles[tile] = now.some((word) => word) ? MIXED : EMPTY;
      if (before) for (let at = 0; at < now.length; at++) now[at] ^= before[at];
      if (now.some((word) => word)) changed.push({ tile, packed: pack(now) });
    }
    this.before.clear();
    if (!changed.length) return null;
    this.revision++;
    return changed;
  }

  /** Takes the open step back. */
  rollback() {
    for (const [tile, before] of this.before) {
      this.eachRow(tile, (at, from, count) => {
        if (before) this.words.set(before.subarray(from, from + count), at);
        else this.words.fill(0, at, at + count);
      });
      this.tiles[tile] = before ? MIXED : EMPTY;
      this.dirtyTiles.push(this.box(tile));
    }
    this.before.clear();
  }

  /** Applies a step, forwards or backwards. */
  apply(changed) {
    const { words, stride } = this;
    for (const { tile, packed } of changed) {
      const origin = this.origin(tile);
      const place = (index) => origin + (index >> 6) * (stride >> 2) + (index & (WORDS - 1));
      unpack(packed, {
        run: (start, count, word) => {
          for (let index = start; index < start + count; index++) words[place(index)] ^= word;
        },
        each: (index, word) => {
          words[place(index)] ^= word;
        },
      });
      this.tiles[tile] = this.isMarked(tile) ? MIXED : EMPTY;
      this.dirtyTiles.push(this.box(tile));
    }
    this.revision++;
  }

  /** All that is marked, as a step from an empty mask: to be kept, and applied to an empty mask again. */
  marked() {
    const kept = [];
    this.tiles.forEach((state, tile) => state !== EMPTY && kept.push({ tile, packed: pack(this.copy(tile)) }));
    return kept;
  }

  // ── changing pixels; the rectangle must have been touched ──

  /** Lays one print of a brush, centred at x, y. */
  print({ size, shape }, x, y, adds) {
    const left = Math.round(x - size / 2);
    const top = Math.round(y - size / 2);
    const x0 = Math.max(0, left);
    const y0 = Math.max(0, top);
    const x1 = Math.min(this.width, left + size);
    const y1 = Math.min(this.height, top + size);
    if (x0 >= x1 || y0 >= y1) return;
    this.touch(x0, y0, x1, y1);
    const { bytes } = this;
    for (let row = y0; row < y1; row++) {
      let from = (row - top) * size + x0 - left;
      let at = row * this.stride + x0;
      const end = at + x1 - x0;
      if (adds) {
        for (; at < end; at++, from++) if (shape[from] > bytes[at]) bytes[at] = shape[from];
      } else {
        for (; at < end; at++, from++) if (255 - shape[from] < bytes[at]) bytes[at] = 255 - shape[from];
      }
    }
  }

  /** Lays coverage (0–255, by column) on a part of a row. */
  cover(y, x0, x1, coverage, adds) {
    const { bytes } = this;
    const start = y * this.stride;
    for (let x = x0; x < x1; x++) {
      const value = coverage[x];
      if (adds) {
        if (value > bytes[start + x]) bytes[start + x] = value;
      } else {
        bytes[start + x] = Math.max(0, bytes[start + x] - value); // the same area again leaves no rim
      }
    }
  }

  /** Lays an area {x, y, width, height, bytes} on the mask. */
  lay({ x, y, width, height, bytes }, adds) {
    const x1 = Math.min(this.width, x + width);
    const y1 = Math.min(this.height, y + height);
    if (x >= x1 || y >= y1) return;
    this.touch(x, y, x1, y1);
    const line = new Uint8Array(this.width);
    for (let row = y; row < y1; row++) {
      const from = (row - y) * width;
      line.set(bytes.subarray(from, from + x1 - x), x);
      this.cover(row, x, x1, line, adds);
    }
  }

  set(x0, y0, x1, y1, value) {
    if (x0 >= x1 || y0 >= y1) return;
    this.touch(x0, y0, x1, y1);
    for (let row = y0; row < y1; row++) this.bytes.fill(value, row * this.stride + x0, row * this.stride + x1);
  }

  clear() {
    this.set(0, 0, this.width, this.height, 0);
  }

  invert() {
    this.touch(0, 0, this.width, this.height);
    const whole = this.width >> 2;
    for (let row = 0; row < this.height; row++) {
      const start = (row * this.stride) >> 2;
      for (let at = start; at < start + whole; at++) this.words[at] = ~this.words[at];
      for (let x = whole << 2; x < this.width; x++) this.bytes[row * this.stride + x] ^= 255;
    }
  }

  /** Puts `grey`, of this mask's size and without padding, in place of everything. */
  replace(grey) {
    this.touch(0, 0, this.width, this.height);
    for (let row = 0; row < this.height; row++) {
      this.bytes.set(grey.subarray(row * this.width, (row + 1) * this.width), row * this.stride);
    }
  }

  // ── reading ──

  /** Where something is marked, to whole tiles; null when nothing is. */
  bounds() {
    let found = null;
    this.tiles.forEach((state, tile) => (found = state === EMPTY ? found : union(found, this.box(tile))));
    return found;
  }

  takeDirty() {
    const boxes = this.dirty ? [this.dirty, ...this.dirtyTiles] : this.dirtyTiles;
    this.dirty = null;
    this.dirtyTiles = [];
    return boxes;
  }

  box(tile) {
    const x0 = (tile % this.columns) * TILE;
    const y0 = Math.floor(tile / this.columns) * TILE;
    return { x0, y0, x1: Math.min(this.width, x0 + TILE), y1: Math.min(this.height, y0 + TILE) };
  }

  origin(tile) {
    return (Math.floor(tile / this.columns) * TILE * this.stride + (tile % this.columns) * TILE) >> 2;
  }

  copy(tile) {
    const { y0, y1 } = this.box(tile);
    const copied = new Uint32Array((y1 - y0) * WORDS);
    this.eachRow(tile, (at, from, count) => copied.set(this.words.subarray(at, at + count), from));
    return copied;
  }

  isMarked(tile) {
    const { y0, y1 } = this.box(tile);
    let at = this.origin(tile);
    for (let row = y0; row < y1; row++, at += this.stride >> 2) {
      for (let word = at; word < at + WORDS; word++) if (this.words[word]) return true;
    }
    return false;
  }

  eachRow(tile, act) {
    const { y0, y1 } = this.box(tile);
    const origin = this.origin(tile);
    for (let row = 0; row < y1 - y0; row++) act(origin + row * (this.stride >> 2), row * WORDS, WORDS);
  }
}

function union(a, b) {
  if (!a || !b) return a ?? b;
  return { x0: Math.min(a.x0, b.x0), y0: Math.min(a.y0, b.y0), x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1) };
}
