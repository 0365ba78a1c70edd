// Remembers whether single keys are on: they are in the way of some who speak or who use a screen reader.
import type { StudioStore } from "../../state/store.ts";

const KEY = "espalier-single-keys";

export function linkSingleKeys(store: StudioStore["store"]): void {
  try {
    store.getState().setSingleKeys(localStorage.getItem(KEY) !== "off");
  } catch {
    // storage may be forbidden: they are on
  }
  store.subscribe(({ singleKeys }, before) => {
    if (singleKeys === before.singleKeys) return;
    try {
      localStorage.setItem(KEY, singleKeys ? "on" : "off");
    } catch {
      // not remembered; nothing else depends on it
    }
  });
}
