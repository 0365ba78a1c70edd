// Keys that work anywhere but where one types: the run's controls.
import { useEffect } from "react";

/** Keys and what they do, for the controls' labels and the line at the foot of the page. */
export const SHORTCUTS = [
  { key: " ", label: "space", does: "train or pause" },
  { key: "s", label: "s", does: "one step" },
  { key: "x", label: "x", does: "stop" },
  { key: "r", label: "r", does: "reset" },
] as const;
export type ShortcutKey = (typeof SHORTCUTS)[number]["key"];

/** Elements that need their own keys: a space presses a button and types a space. */
const BUSY =
  "input, textarea, select, button, a, summary, [role=slider], [role=dialog], [role=alertdialog], [contenteditable]";

/** Calls the handler of a key. Handlers may change from render to render. */
export function useShortcuts(handlers: Record<ShortcutKey, () => void>): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const target = event.target instanceof Element ? event.target : null;
      const busy = target?.closest(BUSY);
      if (busy && !(busy instanceof HTMLButtonElement && event.key !== " ")) return;
      const shortcut = SHORTCUTS.find(({ key }) => key === event.key.toLowerCase());
      if (!shortcut) return;
      event.preventDefault();
      handlers[shortcut.key]();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}
