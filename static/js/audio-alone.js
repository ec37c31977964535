// One sound at a time: what begins to be heard silences the rest of the page.

const heard = (media) => media instanceof HTMLMediaElement && !media.muted;

/** Pauses all that is heard but this one. */
export function hush(but) {
  for (const other of document.querySelectorAll("audio, video")) {
    if (other !== but && heard(other)) other.pause();
  }
}

document.addEventListener("play", ({ target }) => heard(target) && hush(target), true);

/** 0:05, 1:02:03 */
export function clock(seconds) {
  const whole = Math.floor(seconds + 0.001);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const pad = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

/** What a length is for a browser that has not found it out yet: what the studio measured. */
export function lengthOf(audio, measured) {
  return Number.isFinite(audio.duration) && audio.duration > 0 ? audio.duration : Number(measured) || 0;
}
