// Posting something small and saying what became of it, with a way back where there is one.

import { saySignedOut, toast } from "../toast.js";
import { word } from "../words.js";

const UNDO_FOR = 10_000;

/** Posts and gives the answer. A mistake is said and gives null, unless `takeProblem` takes its sentence. */
export async function post(url, values = {}, takeProblem = null) {
  const body = values instanceof FormData ? values : new URLSearchParams(values);
  const token = document.querySelector("[name='csrfmiddlewaretoken']")?.value ?? "";
  let answer;
  try {
    answer = await fetch(url, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": token } });
  } catch {
    toast(word("failed"), { more: word("failedMore"), bad: true });
    return null;
  }
  if (answer.status === 401 || answer.redirected) {
    saySignedOut();
    return null;
  }
  if (answer.ok && answer.headers.get("Content-Type")?.startsWith("application/json")) return answer.json();
  if (answer.status === 422) {
    const { problem } = await answer.json();
    if (takeProblem) takeProblem(problem);
    else toast(problem, { bad: true });
    return null;
  }
  const known = { 403: "noRight", 404: "gone", 413: "tooBig" }[answer.status];
  toast(word(known ?? "failed"), { bad: true });
  return null;
}

/** Says what was done. `answer.undo` has the address and the values that take it back, `undoWord` names that. */
export function said(answer, undoWord, undone = null) {
  if (!answer.undo) {
    toast(answer.said);
    return;
  }
  const { url, ...values } = answer.undo;
  const undo = async (event) => {
    event.preventDefault();
    const back = await post(url, values);
    if (!back) return;
    toast(back.said);
    undone?.(back);
  };
  const shown = toast(answer.said, { stays: true, link: { text: undoWord, onclick: undo } });
  setTimeout(() => shown.remove(), UNDO_FOR);
}
