// Where files go: the prompt bar with its many roles, or one field of a small form. Each file becomes a chip
// that carries its id in a hidden field named like the parameter it is for.

import { sentence, word } from "../words.js";
import { kindOf } from "./kinds.js";

const { htmx } = window;

/** A role: {name, label, kind, max, accept, help, spoken, chipName}. Subclasses say where things are. */
export class Target {
  /** The element with the chips; its last child adds more. */
  get chips() { throw new Error("where are the chips?"); }
  /** The element that refusals are said in. */
  get refusals() { throw new Error("where are the refusals?"); }
  /** What identifies the parameter to the server: {model, operation}. */
  get asked() { return {}; }
  get url() { return ""; }
  get token() { return ""; }
  roles() { return []; }
  /** After chips have come, gone or moved. */
  changed() {}

  inRole(name) {
    return [...this.chips.querySelectorAll(`.ref[data-role="${name}"]`)];
  }

  role(name) {
    return this.roles().find((role) => role.name === name);
  }

  /** The role for files of this kind: `name` where it takes them, else the first with room for all; one file alone may
      take another's place, of many as many as can be are taken. */
  roleFor(kind, name = "", count = 1) {
    const wanted = this.role(name);
    if (wanted && (!kind || wanted.kind === kind)) return wanted;
    const fitting = this.roles().filter((role) => role.kind === kind);
    const free = (role) => role.max - this.inRole(role.name).length;
    const roomy = fitting.find((role) => free(role) >= count);
    return roomy ?? (count > 1 ? fitting.toSorted((one, other) => free(other) - free(one)) : fitting)[0];
  }

  takes(kind) {
    return this.roles().some((role) => !kind || role.kind === kind);
  }

  refuse(text) {
    const line = Object.assign(document.createElement("p"), { className: "err refused", textContent: text });
    line.setAttribute("role", "alert");
    this.refusals.append(line);
  }

  full(role) {
    this.refuse(sentence("roleFull", { role: role.label, limit: role.max }));
  }

  // ── taking in ──

  /** Sends files, those of a kind to the role that is asked for or else to one that has room for them. */
  async send(files, name = "") {
    this.refusals.replaceChildren();
    const sent = [];
    const homeless = [];
    for (const kind of new Set(files.map(kindOf))) {
      const own = files.filter((file) => kindOf(file) === kind);
      const role = this.roleFor(kind, name, own.length);
      if (role) sent.push([role, own]);
      else homeless.push(...own.map((file) => file.name));
    }
    if (homeless.length) this.refuse(word("noRole", homeless.join(", ")));
    for (const [role, own] of sent) await this.sendTo(role, own);
  }

  async sendTo(role, files) {
    const room = this.room(role, files.length);
    if (files.length > room) this.full(role);
    const data = new FormData();
    const waiting = files.slice(0, room).map((file) => {
      data.append("files", file);
      return this.showWaiting(file, role);
    });
    if (waiting.length) await this.post(data, role, waiting);
  }

  sendAddress(url, name) {
    this.refusals.replaceChildren();
    return this.ask(this.role(name), "url", url);
  }

  /** Takes a file that the team has. */
  sendAsset(id, name) {
    this.refusals.replaceChildren();
    const role = this.role(name);
    if (this.inRole(role.name).some((chip) => chip.querySelector("input")?.value === String(id))) return true;
    return this.ask(role, "asset", id);
  }

  async ask(role, field, value) {
    if (!this.room(role, 1)) {
      this.full(role);
      return false;
    }
    const data = new FormData();
    data.append(field, value);
    return this.post(data, role, []);
  }

  async post(data, role, waiting) {
    data.append("role", role.name);
    for (const [name, value] of Object.entries(this.asked)) data.append(name, value);
    let answer = null;
    try {
      answer = await fetch(this.url, { method: "POST", body: data, headers: { "HX-Request": "true", "X-CSRFToken": this.token } });
      if (answer.status === 401) {
        location.reload();
        return false;
      }
      if (answer.ok || answer.status === 422) this.take(await answer.text(), role);
      else this.refuse(word({ 413: "tooBig", 403: "noRight", 404: "gone" }[answer.status] ?? "failed"));
    } catch {
      this.refuse(word("failed"));
    } finally {
      waiting.forEach((chip) => chip.remove());
      this.settle();
    }
    return answer?.ok ?? false;
  }

  take(html, role) {
    const made = new DOMParser().parseFromString(html, "text/html").body;
    const chips = [...made.querySelectorAll(".ref")];
    // where only one fits, the new one takes the old one's place once it is there
    if (chips.length && role.max === 1) this.inRole(role.name).filter((chip) => !("waiting" in chip.dataset)).forEach((chip) => chip.remove());
    for (const chip of chips) {
      this.add(chip);
      htmx.process(chip);
    }
    this.refusals.append(...made.querySelectorAll(".refused"));
  }

  /** A chip stands behind the others of its role, roles in the form's order. */
  add(chip) {
    const names = this.roles().map((role) => role.name);
    const place = names.indexOf(chip.dataset.role);
    const later = [...this.chips.querySelectorAll(".ref[data-role]")].find((other) => names.indexOf(other.dataset.role) > place);
    this.chips.insertBefore(chip, later ?? this.chips.querySelector(".add"));
  }

  /** How many more files may come; one that stands alone is replaced. */
  room(role, wanted) {
    return role.max === 1 ? Math.min(1, wanted) : Math.max(0, role.max - this.inRole(role.name).length);
  }

  showWaiting(file, role) {
    const chip = document.createElement("div");
    chip.className = "ref pending";
    Object.assign(chip.dataset, { role: role.name, waiting: "" });
    if (kindOf(file) === "image") {
      const image = Object.assign(new Image(), { alt: "", src: URL.createObjectURL(file) });
      image.onload = image.onerror = () => URL.revokeObjectURL(image.src);
      chip.append(image);
    }
    this.add(chip);
    return chip;
  }

  // ── chips ──

  settle() {
    for (const role of this.roles()) {
      this.inRole(role.name).forEach((chip, index) => {
        const label = chip.querySelector(".ref-role b");
        if (label) label.textContent = role.chipName.replace("{number}", index + 1).replace(/[[\]]/g, "");
      });
    }
    this.changed();
  }

  /** "[Image 2]": what a prompt calls this file, where prompts do. */
  spokenOf(chip) {
    const place = this.inRole(chip.dataset.role).indexOf(chip) + 1;
    return this.role(chip.dataset.role)?.spoken?.replace("{number}", place) ?? "";
  }

  remove(chip) {
    const next = chip.nextElementSibling;
    chip.remove();
    this.settle();
    (next?.matches(".add") ? next : next?.querySelector("button"))?.focus();
  }

  move(chip, step) {
    const row = this.inRole(chip.dataset.role);
    const other = row[row.indexOf(chip) + step];
    if (!other) return;
    if (step < 0) other.before(chip);
    else other.after(chip);
    this.settle();
    chip.querySelector(".ref-role").focus();
  }

  changeRole(chip, name) {
    const role = this.role(name);
    if (role.max > 1 && this.inRole(name).length >= role.max) {
      this.full(role);
      return;
    }
    if (role.max === 1) this.inRole(name).forEach((other) => other !== chip && other.remove());
    chip.dataset.role = name;
    const field = chip.querySelector("input");
    if (field.name !== "pending") field.name = name;
    else field.value = `${name}:${field.value.split(":")[1]}`;
    chip.querySelector("b").textContent = role.label;
    chip.remove();
    this.add(chip);
    this.settle();
    chip.querySelector(".ref-role")?.focus();
  }
}
