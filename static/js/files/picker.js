// The inside of a popover that offers ways to a file: this device, an address, the team's own files.

const CALM = 250;

export class FilePicker {
  /** `choice()` is the role that is being chosen for; `found(what, value)` is told "files", "url" or "asset". */
  constructor(popover, { choice, found }) {
    Object.assign(this, { popover, choice, found, timer: 0, asked: 0 });
    this.input = popover.querySelector("input[type='file']");
    this.list = popover.querySelector("[data-files]");
    this.grid = popover.querySelector("[data-grid]");
    this.search = popover.querySelector("[data-search]");
    this.address = popover.querySelector("[data-address]");
    popover.addEventListener("toggle", (event) => event.target === popover && event.newState === "open" && this.load());
    popover.addEventListener("click", (event) => this.click(event));
    popover.addEventListener("keydown", (event) => this.key(event));
    this.search.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.load(), CALM);
    });
    // what is searched or typed here is no change of the form around it
    for (const name of ["change", "input"]) popover.addEventListener(name, (event) => event.target !== this.input && !event.target.closest("#roles") && event.stopPropagation());
    this.input.addEventListener("change", (event) => {
      event.stopPropagation();
      const files = [...this.input.files];
      this.input.value = "";
      if (files.length) this.tell("files", files);
    });
  }

  tell(what, value) {
    if (this.popover.matches(":popover-open")) this.popover.hidePopover();
    return this.found(what, value);
  }

  /** Files of the kind that is chosen, from the newest; or more of them. */
  async load(before = "") {
    const { kind } = this.choice();
    const turn = (this.asked += 1);
    const query = new URLSearchParams({ kind, q: this.search.value.trim(), ...(before && { before }) });
    const answer = await fetch(`${this.list.dataset.url}?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || turn !== this.asked) return;
    const html = await answer.text();
    this.grid.querySelector(".more")?.remove();
    const count = this.choices().length;
    if (before) this.grid.insertAdjacentHTML("beforeend", html);
    else this.grid.innerHTML = html;
    const rows = this.choices();
    if (rows[0]) rows[0].tabIndex = 0;
    if (before) rows[count]?.focus();
  }

  choices() {
    return [...this.grid.querySelectorAll("[data-asset]")];
  }

  click(event) {
    if (event.target.closest("[data-pick]")) this.pick();
    const choice = event.target.closest("[data-asset]");
    if (choice) this.tell("asset", choice.dataset.asset);
    const more = event.target.closest("[data-more-files]");
    if (more) this.load(more.dataset.moreFiles);
    if (event.target.closest("[data-add-address]")) this.takeAddress();
  }

  pick() {
    const { accept, max } = this.choice();
    if (accept) this.input.accept = accept;
    this.input.multiple = max > 1;
    this.input.click();
  }

  async takeAddress() {
    const address = this.address.value.trim();
    if (!address) this.address.focus();
    else if (await this.tell("url", address)) this.address.value = "";
  }

  key(event) {
    if (event.key === "Enter" && event.target === this.address) {
      event.preventDefault();
      this.takeAddress();
    } else if (event.key === "Enter" && event.target === this.search) {
      event.preventDefault();
      this.load();
    } else if (event.key === "ArrowDown" && event.target === this.search) {
      event.preventDefault();
      this.choices()[0]?.focus();
    } else if (event.target.matches("[data-asset]")) this.walk(event);
  }

  walk(event) {
    const rows = this.choices();
    const at = rows.indexOf(event.target);
    const wide = rows.filter((row) => row.offsetTop === rows[0].offsetTop).length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: wide, ArrowUp: -wide }[event.key];
    const next = { Home: rows[0], End: rows.at(-1) }[event.key] ?? (step && rows[at + step]);
    if (event.key === "ArrowUp" && at < wide) this.search.focus();
    if (!step && !next) return;
    event.preventDefault();
    event.stopPropagation();
    if (!next) return;
    rows.forEach((row) => (row.tabIndex = row === next ? 0 : -1));
    next.focus();
  }
}
