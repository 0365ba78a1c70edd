// Keyboard shortcuts of the run's controls; they work everywhere except in fields.
import { useEffect } from "react";

/** Keys and what they do, as the footer lists them. */
export const SHORTCUTS = [
  { key: " ", label: "space", does: "train or pause" },
  { key: "s", label: "s", does: "one step" },
  { key: "x", label: "x", does: "stop" },
  { key: "r", label: "r", does: "reset" },
] as const;
type ShortcutKey = (typeof SHORTCUTS)[number]["key"];

/** Elements that need their keys themselves: a space presses a button or types a space. */
const OWN_KEYS =
  "input, textarea, select, button, a, summary, [role=slider], [role=dialog], [role=alertdialog], [contenteditable]";

/** Calls the handler of a key that is pressed. Handlers may change from render to render. */
export function useShortcuts(handlers: Record<ShortcutKey, () => void>): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const target = event.target instanceof Element ? event.target : null;
      const focused = target?.closest(OWN_KEYS);
      if (focused && !(focused instanceof HTMLButtonElement && event.key !== " ")) return;
      const shortcut = SHORTCUTS.find(({ key }) => key === event.key.toLowerCase());
      if (!shortcut) return;
      event.preventDefault();
      handlers[shortcut.key]();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });
}
