"""Drawing in a real browser: a 4096² picture with 200 strokes on it. `python -m benchmarks.drawing`.

The page is the editor's own, with made-up data behind it; strokes are pointer events of a mouse that moves all the
time, three moves for every frame."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import sync_playwright

from benchmarks.common import percentile
from scripts.browser import launch_options
from tests.browser.editor.harness import serve

SIDE = 4096
STROKES = 200
TIMED = 40  # of the strokes, the last ones
FRAME = 1000 / 60

DRAW = """
async ({ strokes, timed, moves }) => {
  const root = document.querySelector(".ed");
  const { editor } = root;
  const { stage, box } = editor.view;
  Object.assign(editor.settings.brush, { size: 160, softness: 40 });
  editor.keepSettings();
  const random = (() => { let seed = 7; return () => (seed = (seed * 48271) % 2147483647) / 2147483647; })();
  const fire = (type, x, y) => stage.dispatchEvent(new PointerEvent(type, {
    pointerId: 1, pointerType: "mouse", isPrimary: true, bubbles: true, cancelable: true,
    button: type === "pointermove" ? -1 : 0, buttons: type === "pointerup" ? 0 : 1,
    clientX: box.left + x, clientY: box.top + y,
  }));
  stage.setPointerCapture = () => {};
  const frame = () => new Promise(requestAnimationFrame);
  const { width, height } = editor.session.base;
  const area = editor.view.onScreen({ x: 0, y: 0, width, height });
  const at = () => [area.x + random() * area.width, area.y + random() * area.height];
  const frames = [];
  const work = [];
  let spent = 0;
  const draw = editor.view.draw;
  editor.view.draw = () => {
    const began = performance.now();
    draw.call(editor.view);
    spent += performance.now() - began;
  };
  for (let stroke = 0; stroke < strokes; stroke++) {
    const isTimed = stroke >= strokes - timed;
    let [x, y] = at();
    const [toX, toY] = at();
    fire("pointerdown", x, y);
    let last = await frame();
    for (let move = 1; move <= moves; move++) {
      const began = performance.now();
      spent = 0;
      for (let part = 1; part <= 3; part++) {
        const share = (move - 1 + part / 3) / moves;
        const sway = [14 * Math.sin(share * 20), 14 * Math.cos(share * 17)];
        fire("pointermove", x + (toX - x) * share + sway[0], y + (toY - y) * share + sway[1]);
      }
      const handled = performance.now() - began;
      if (!isTimed) continue;
      const now = await frame();
      frames.push(now - last);
      last = now;
      work.push(handled + spent);
    }
    fire("pointerup", toX, toY);
    if (!isTimed && stroke % 10 === 0) await frame();
  }
  delete editor.view.draw;
  return { frames, work };
}
"""

UNDO = """
() => {
  const { editor } = document.querySelector(".ed");
  const time = (act) => {
    const began = performance.now();
    act();
    cancelAnimationFrame(editor.view.frame);
    editor.view.draw();
    return performance.now() - began;
  };
  const undo = [], redo = [];
  for (let step = 0; step < 100; step++) undo.push(time(() => editor.undo()));
  for (let step = 0; step < 100; step++) redo.push(time(() => editor.redo()));
  return { undo, redo, steps: editor.session.history.steps.length };
}
"""

EXPORT = """
async () => {
  const root = document.querySelector(".ed");
  const main = document.querySelector("script[src$='editor/main.js']").src;
  const { maskFile } = await import(main.replace("main.js", "png.js"));
  const times = [];
  let size = 0;
  for (let round = 0; round < 6; round++) {
    const began = performance.now();
    size = (await maskFile(root.editor.session.mask, root.dataset.pngWorker)).size;
    times.push(performance.now() - began);
  }
  return { times: times.slice(1), size };
}
"""


def measure() -> dict[str, Any]:
    harness = serve(0, f"{SIDE}x{SIDE}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options())
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(harness.url)
        page.wait_for_selector(".ed[data-ready]", timeout=60_000)
        drawn = page.evaluate(DRAW, {"strokes": STROKES, "timed": TIMED, "moves": 24})
        told = {**drawn, **page.evaluate(UNDO), "export": page.evaluate(EXPORT)}
        browser.close()
    harness.stop()
    return dict(told)


def drawing() -> None:
    told = measure()
    frames, work = told["frames"], told["work"]
    in_time = sum(frame <= FRAME * 1.05 for frame in frames) / len(frames)
    export = told["export"]
    print(f"drawing: a {SIDE}² picture, {STROKES} soft strokes of 160 px; milliseconds")
    print(
        f"  frames while drawing: p50 {percentile(frames, 0.5):.1f} p95 {percentile(frames, 0.95):.1f}, "
        f"{in_time:.0%} within 16.7; the page's own work in one: "
        f"p50 {percentile(work, 0.5):.1f} p95 {percentile(work, 0.95):.1f}"
    )
    for name in ("undo", "redo"):
        times = told[name]
        print(
            f"  {name}, drawn: p50 {percentile(times, 0.5):.1f} p95 {percentile(times, 0.95):.1f} max {max(times):.1f}"
        )
    print(
        f"  export as 8-bit PNG: p50 {percentile(export['times'], 0.5):.0f} max {max(export['times']):.0f}, "
        f"{export['size'] / 1000:.0f} kB"
    )


if __name__ == "__main__":
    drawing()
