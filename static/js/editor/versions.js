// The strip of attempts: the source, every result, what is under way and what came to nothing. One is shown on the
// canvas by a click, compared with what it was made from, and made the new base.

import { icon, make, number, say } from "./dom.js";
import { Picture } from "./picture.js";
import { greyAt } from "./png.js";

const NAME_ROOM = 16; // CSS pixels around a side's name

export class Versions {
  constructor(editor, { options }) {
    this.editor = editor;
    this.options = options;
    this.strip = editor.root.querySelector(".vers-list");
    this.bar = editor.root.querySelector(".version-bar");
    this.cutLine = editor.root.querySelector(".cut");
    this.cutNames = [...editor.root.querySelectorAll("[data-cut-name]")];
    this.slider = this.bar.querySelector("[data-cut]");
    this.elements = new Map();
    this.versions = editor.data.versions;
    this.strip.addEventListener("click", (event) => this.click(event));
    this.strip.addEventListener("keydown", (event) => this.step(event));
    this.bar.addEventListener("click", (event) => this.act(event.target.closest("[data-act]")?.dataset.act));
    this.slider.addEventListener("input", () => this.setCut(this.slider.value / 100));
    editor.root.querySelector("[data-compare]").addEventListener("click", () => this.toggleCompare());
    this.bindFlicker();
    editor.on("preview session", () => this.show());
    editor.on("cut", () => this.showCut());
    editor.view.moved.add(() => this.showCut());
  }

  // ── what there is ──

  get hasLive() {
    return this.versions.some(({ live }) => live);
  }

  has(job) {
    return this.versions.some((version) => version.job === job);
  }

  /** The source and every finished picture: what can be a base or a reference. */
  pictures() {
    const source = { ...this.editor.data.source, label: say("source"), version: null };
    let count = 0;
    const made = this.versions.flatMap((version) =>
      version.outputs.map((output) => ({ ...output, label: say("version", { number: number(++count) }), short: number(count), version })),
    );
    return [{ ...source, short: say("source") }, ...made];
  }

  update({ versions, offers }) {
    const done = this.versions.flatMap(({ outputs }) => outputs).length;
    this.versions = versions;
    Object.assign(this.editor.data.offers, offers);
    const now = this.versions.flatMap(({ outputs }) => outputs).length;
    if (now > done) this.editor.announce("arrived", { count: now - done });
    this.show();
    this.editor.tell("versions");
  }

  // ── the strip ──

  show() {
    const { preview, session } = this.editor;
    const shown = preview?.output?.ref ?? (preview ? `job:${preview.version.job}` : session?.base.ref);
    const pictures = this.pictures();
    const rows = [this.tile(pictures[0])]; // the source
    for (const version of this.versions) {
      rows.push(...pictures.filter((picture) => picture.version === version).map((picture) => this.tile(picture)));
      if (version.live) rows.push(this.runningTile(version));
      else if (version.state === "failed" || version.state === "canceled") rows.push(this.voidTile(version, "warn", say(version.state)));
      else if (version.rejected) rows.push(this.voidTile(version, "shield", say("heldBack", { count: version.rejected })));
    }
    this.lay(rows);
    for (const element of this.strip.children) {
      const { ref } = element.dataset;
      element.toggleAttribute("data-base", ref === session?.base.ref);
      if (ref === shown) element.setAttribute("aria-current", "true");
      else element.removeAttribute("aria-current");
      element.tabIndex = ref === shown ? 0 : -1;
    }
    if (!this.strip.querySelector("[tabindex='0']")) this.strip.firstElementChild.tabIndex = 0;
    this.editor.root.querySelector("[data-compare]").hidden = !this.comparable();
    this.showBar();
  }

  /** Keeps the tiles that did not change: they may be animated, or have the focus. */
  lay(rows) {
    const kept = new Map();
    const elements = rows.map(({ key, build }) => {
      const element = this.elements.get(key) ?? build();
      kept.set(key, element);
      return element;
    });
    const { length } = elements;
    const grew = length > this.elements.size && this.elements.size;
    this.elements = kept;
    for (const child of [...this.strip.children]) if (!elements.includes(child)) child.remove();
    elements.forEach((element, index) => this.strip.children[index] !== element && this.strip.insertBefore(element, this.strip.children[index] ?? null));
    if (grew) this.strip.scrollTo({ left: this.strip.scrollWidth });
  }

  tile({ ref, thumb, alt, lightbox_url: href, url, short, label }) {
    const build = () => {
      const image = make("img", { src: thumb, alt: "", decoding: "async" });
      const link = make("a", { href: href || url, title: alt, "aria-label": label }, image, make("b", { textContent: short }));
      link.dataset.ref = ref;
      return link;
    };
    return { key: `${ref} ${thumb} ${short}`, build };
  }

  runningTile(version) {
    const { job, progress, state } = version;
    const waits = state === "queued";
    const build = () => {
      const base = this.pictures().find(({ ref }) => ref === version.base_ref) ?? this.editor.data.base;
      const fill = make("span", { className: "fill" }, make("img", { src: base.thumb, alt: "" }));
      const tile = make("button", { type: "button", className: "tile run on-picture" }, fill, waits ? make("b", { textContent: say("waiting") }) : this.progress(version));
      tile.dataset.ref = `job:${job}`;
      return tile;
    };
    return { key: `job:${job} ${state} ${progress}`, build };
  }

  progress({ progress, started_at: started, usual_seconds: usual, label }) {
    if (progress !== null) {
      const percent = Math.round(progress * 100);
      const told = { role: "progressbar", "aria-label": label, "aria-valuenow": percent, "aria-valuemin": 0, "aria-valuemax": 100 };
      const bar = make("span", { className: "prog", ...told }, `${percent} %`, make("i"));
      bar.style.setProperty("--v", `${percent}%`);
      return bar;
    }
    const passed = started ? Math.max(0, (Date.now() - Date.parse(started)) / 1000) : 0;
    const element = make("elapsed-time", { className: "prog", role: "progressbar", "aria-label": label }, make("span"), make("i"));
    Object.assign(element.dataset, { elapsed: passed, usual: usual ?? 40 });
    return element;
  }

  voidTile({ job, problem }, name, text) {
    const build = () => {
      const tile = make("button", { type: "button", className: "tile void", title: problem }, icon(name, "sm"), make("small", { textContent: text }));
      tile.dataset.ref = `job:${job}`;
      return tile;
    };
    return { key: `job:${job} ${name} ${text}`, build };
  }

  click(event) {
    const tile = event.target.closest("[data-ref]");
    if (!tile || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    this.choose(tile.dataset.ref);
  }

  /** Arrows go along the strip. */
  step(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tiles = [...this.strip.children];
    const next = by && tiles[tiles.indexOf(event.target) + by];
    if (!next) return;
    event.preventDefault();
    event.stopPropagation();
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // ── one on the canvas ──

  async choose(ref) {
    const { editor } = this;
    if (ref === editor.session.base.ref) {
      this.leave();
      return;
    }
    const found = this.pictures().find((picture) => picture.ref === ref);
    const version = found?.version ?? this.versions.find(({ job }) => `job:${job}` === ref) ?? null;
    const cut = found && editor.preview?.output ? editor.preview.cut : null;
    const box = found ? this.boxOf(found) : { x: 0, y: 0, ...sizeOf(editor.session.base) };
    const preview = { version, output: found ?? null, picture: null, box, cut, isFlickering: false };
    editor.setPreview(preview);
    if (!found) return;
    editor.setBusy(true);
    try {
      preview.picture = await Picture.load(found.url);
    } catch {
      this.options.say(say("notLoaded"));
    }
    editor.setBusy(false);
    editor.view.invalidate("picture");
  }

  leave() {
    this.editor.setPreview(null);
  }

  /** Where a version lies over the base, which is at 0, 0 in its own size. */
  boxOf({ version, width, height }) {
    const base = sizeOf(this.editor.session.base);
    const placed = version?.base_ref === this.editor.session.base.ref ? version.placement : null;
    if (placed) {
      const scale = base.width / placed.image_width;
      return { x: -placed.image_x * scale, y: -placed.image_y * scale, width: placed.canvas_width * scale, height: placed.canvas_height * scale };
    }
    if (Math.abs(width / height - base.width / base.height) < 0.01) return { x: 0, y: 0, ...base };
    const scale = Math.max(base.width / width, base.height / height);
    const size = { width: width * scale, height: height * scale };
    return { x: (base.width - size.width) / 2, y: (base.height - size.height) / 2, ...size };
  }

  // ── the bar over it ──

  showBar() {
    const { preview } = this.editor;
    this.bar.hidden = !preview;
    const compares = Boolean(preview?.output) && preview.cut !== null;
    this.editor.root.querySelector("[data-compare]").setAttribute("aria-pressed", compares);
    if (!preview) return;
    const { version, output } = preview;
    this.bar.querySelector("[data-name]").textContent = output ? output.label : (version?.label ?? "");
    const text = this.bar.querySelector("[data-text]");
    text.textContent = output ? (version?.label ?? "") : version.problem || (version.live ? say("underWay") : "");
    text.title = version?.prompt ?? "";
    const can = { base: output, compare: output, flicker: output, again: version, open: output?.lightbox_url };
    for (const button of this.bar.querySelectorAll("[data-act]")) if (button.dataset.act in can) button.hidden = !can[button.dataset.act];
    if (output?.lightbox_url) this.bar.querySelector("[data-act='open']").href = output.lightbox_url;
    this.bar.querySelector("[data-act='compare']").setAttribute("aria-pressed", compares);
    this.slider.closest("label").hidden = !compares;
    this.showCut();
  }

  act(name) {
    const acts = {
      base: () => this.useAsBase(),
      compare: () => this.toggleCompare(),
      again: () => this.again(this.editor.preview.version),
      close: () => this.leave(),
    };
    acts[name]?.();
  }

  async useAsBase() {
    const { output } = this.editor.preview;
    const { prompt } = this.editor.session;
    const isNew = !this.editor.sessions.has(output.ref);
    await this.editor.open(output);
    if (isNew && !this.editor.session.prompt) this.editor.session.prompt = prompt;
    this.editor.tell("prompt");
    this.editor.announce("newBase", { name: output.label });
  }

  /** The prompt, the mask and the frame of an attempt, on the picture it was made from. */
  async again(version) {
    const { editor } = this;
    const base = this.pictures().find(({ ref }) => ref === version.base_ref);
    if (base && base.ref !== editor.session.base.ref) await editor.open(base);
    this.leave();
    editor.session.prompt = version.prompt ?? "";
    editor.tell("prompt");
    if (version.placement) editor.changePlacement(placementOf(version.placement), { stays: true });
    if (version.mask_url) await this.loadMask(version.mask_url);
    editor.announce("restored");
  }

  async loadMask(url) {
    const { mask } = this.editor.session;
    try {
      const answer = await fetch(url);
      if (!answer.ok) throw new Error(answer.status);
      const { grey } = greyAt(await createImageBitmap(await answer.blob()), mask.width, mask.height);
      this.editor.changeMask((changed) => changed.replace(grey));
    } catch {
      this.options.say(say("notLoaded"));
    }
  }

  // ── comparing ──

  comparable() {
    return this.editor.preview?.output ?? this.pictures().findLast(({ ref, version }) => version && ref !== this.editor.session?.base.ref);
  }

  async toggleCompare() {
    const { editor } = this;
    if (!editor.preview?.output) {
      const latest = this.comparable();
      if (!latest) return;
      await this.choose(latest.ref);
      this.setCut(0.5);
    } else {
      this.setCut(editor.preview.cut === null ? 0.5 : null);
    }
    if (editor.view.fitted) editor.view.fit();
    editor.tell("preview");
  }

  setCut(cut) {
    this.editor.preview.cut = cut;
    this.editor.view.invalidate("picture");
    this.showCut();
  }

  showCut() {
    const { preview, view } = this.editor;
    const isHidden = !preview?.output || preview.cut === null;
    for (const mark of [this.cutLine, ...this.cutNames]) mark.hidden = isHidden;
    if (isHidden) return;
    const { box, cut } = preview;
    const all = this.editor.shownBox();
    const from = view.toStage(all.x, all.y);
    const to = view.toStage(all.x + all.width, all.y + all.height);
    const edge = view.toStage(box.x + box.width * cut, 0).x;
    const top = Math.max(0, from.y);
    const bottom = Math.min(view.box.height, to.y);
    place(this.cutLine, { x: edge, top, tall: Math.max(0, bottom - top) });
    this.nameSides(Math.max(0, from.x), edge, Math.min(view.box.width, to.x), bottom);
    this.slider.value = Math.round(cut * 100);
    this.slider.parentElement.style.setProperty("--v", `${this.slider.value}%`);
  }

  /** Each side says what it is, in its lower corner, where there is room for that. */
  nameSides(left, edge, right, bottom) {
    const { base } = this.editor.session;
    const [before, after] = this.cutNames;
    before.textContent = this.pictures().find(({ ref }) => ref === base.ref)?.label ?? say("source");
    after.textContent = this.editor.preview.output.label;
    place(before, { x: left, y: bottom });
    place(after, { x: right, y: bottom });
    before.hidden = edge - left < before.offsetWidth + NAME_ROOM;
    after.hidden = right - edge < after.offsetWidth + NAME_ROOM;
  }

  /** While the button is held, the base is seen in the version's place. */
  bindFlicker() {
    const button = this.bar.querySelector("[data-act='flicker']");
    const flick = (isHeld) => {
      if (!this.editor.preview || this.editor.preview.isFlickering === isHeld) return;
      this.editor.preview.isFlickering = isHeld;
      button.setAttribute("aria-pressed", isHeld);
      this.editor.view.invalidate("picture");
    };
    button.addEventListener("pointerdown", (event) => {
      button.setPointerCapture(event.pointerId);
      flick(true);
    });
    for (const name of ["pointerup", "pointercancel", "blur"]) button.addEventListener(name, () => flick(false));
    button.addEventListener("keydown", (event) => (event.key === " " || event.key === "Enter") && flick(true));
    button.addEventListener("keyup", () => flick(false));
  }
}

/** Tells the style sheet of places, in CSS pixels. */
function place(element, places) {
  for (const [name, value] of Object.entries(places)) element.style.setProperty(`--${name}`, `${value}px`);
}

function sizeOf({ width, height }) {
  return { width, height };
}

function placementOf(told) {
  return {
    canvasWidth: told.canvas_width,
    canvasHeight: told.canvas_height,
    x: told.image_x,
    y: told.image_y,
    width: told.image_width,
    height: told.image_height,
  };
}
