import type { WebContents } from "electron";

/** Larger and smaller by the keys that every browser has: the program has no menu that would bring them. */

/** Up to twice the size nothing is lost, which the tests hold; beyond it a window would have to scroll sideways. */
const FACTORS = [0.67, 0.75, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 1.75, 2] as const;
const [SMALLEST] = FACTORS;
const LARGEST = 2;

export type ZoomStep = "in" | "out" | "reset";

/** By the place of a key, not by its letter: a Kazakh keyboard has letters where others have digits. */
const KEYS: Readonly<Record<string, ZoomStep>> = {
  Equal: "in",
  NumpadAdd: "in",
  Minus: "out",
  NumpadSubtract: "out",
  Digit0: "reset",
  Numpad0: "reset",
};

/** The next factor from `now`, which may be none of ours: the browser remembers one. */
export function zoomed(now: number, step: ZoomStep): number {
  if (step === "reset") return 1;
  return step === "in"
    ? (FACTORS.find((factor) => factor > now + 0.01) ?? LARGEST)
    : (FACTORS.findLast((factor) => factor < now - 0.01) ?? SMALLEST);
}

/** Ctrl (or Cmd) with plus, minus and zero, and Ctrl with the wheel. */
export function zoomByKeys(contents: WebContents): void {
  const take = (step: ZoomStep) => contents.setZoomFactor(zoomed(contents.getZoomFactor(), step));
  contents.on("before-input-event", (event, { type, control, meta, alt, code }) => {
    const step = KEYS[code];
    if (type !== "keyDown" || !(control || meta) || alt || step === undefined) return;
    event.preventDefault();
    take(step);
  });
  contents.on("zoom-changed", (_event, direction) => take(direction));
}
