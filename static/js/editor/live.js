// Hears of jobs as the studio tells them; asks now and then where the stream does not get through.

const ASK_EVERY = 3000;
const TRY_AGAIN = 20_000;
const HIDDEN_FOR = 15_000;
const CALM = 120;
const PROGRESS_CALM = 1000;

export class Live {
  /** `since` is the last event the page knows of; `changed()` looks again; `isLive()` says whether anything is
   *  under way. */
  constructor(url, since, { isOurs, isLive, changed, credits }) {
    Object.assign(this, { url, isOurs, isLive, changed, credits });
    this.source = null;
    this.last = since;
    this.timers = { ask: 0, retry: 0, hide: 0, look: 0 };
    document.addEventListener("visibilitychange", () => this.seen());
    addEventListener("pagehide", () => this.close());
    addEventListener("pageshow", (event) => event.persisted && this.open());
    addEventListener("online", () => this.open());
    this.open();
  }

  open() {
    if (this.source || document.hidden) return;
    this.source = new EventSource(`${this.url}?since=${this.last}`);
    this.source.addEventListener("open", () => {
      this.streams = true;
      clearTimeout(this.timers.ask);
      if (this.isLive()) this.changed(); // what was missed
    });
    this.source.addEventListener("job", (event) => {
      this.last = Math.max(this.last, Number(event.lastEventId) || 0);
      const { job, kind } = JSON.parse(event.data);
      if (this.isOurs(job)) this.look(kind === "progress" ? PROGRESS_CALM : CALM);
    });
    this.source.addEventListener("credits", (event) => this.credits(JSON.parse(event.data).available));
    this.source.addEventListener("error", () => {
      this.streams = false;
      this.ask();
      if (this.source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
      this.close();
      this.timers.retry = setTimeout(() => this.open(), TRY_AGAIN);
    });
  }

  close() {
    this.source?.close();
    this.source = null;
    this.streams = false;
    clearTimeout(this.timers.retry);
  }

  seen() {
    clearTimeout(this.timers.hide);
    if (document.hidden) this.timers.hide = setTimeout(() => this.close(), HIDDEN_FOR);
    else this.open();
  }

  /** Events of one moment are answered together. */
  look(calm) {
    if (this.timers.look && calm !== CALM) return;
    clearTimeout(this.timers.look);
    this.timers.look = setTimeout(() => {
      this.timers.look = 0;
      this.changed();
    }, calm);
  }

  /** Something of ours is under way: without a stream it is asked for. */
  ask() {
    clearTimeout(this.timers.ask);
    if (this.streams || !this.isLive()) return;
    this.timers.ask = setTimeout(async () => {
      if (!document.hidden) await this.changed();
      this.ask();
    }, ASK_EVERY);
  }
}
