// Keys of the page: single keys and "g" with a letter do the actions of the list, Ctrl+K opens the palette. Space stays with scrolling.
import { useEffect } from "react";
import { useStudioStore } from "../studioContext.tsx";
import { ACTIONS, type Action } from "./actions.ts";

/** Elements that need their keys themselves: typing, choosing by letters, moving a slider. */
const OWN_KEYS = "input, textarea, select, [role=slider], [role=dialog], [role=alertdialog], [contenteditable]";

/** Fields whose text has an undo of its own, and dialogs, which cover what would change. */
const OWN_UNDO =
  "input:not([type=checkbox], [type=range]), textarea, [role=dialog], [role=alertdialog], [contenteditable]";

/** The second key of a pair counts for this long. */
const PAIR_MS = 1500;

const FIRST_KEYS = new Set(ACTIONS.flatMap(({ keys }) => (keys?.includes(" ") ? [keys.slice(0, 1)] : [])));

/** Finds the action of each key that is pressed; remembers the first key of a pair. Null: the key does nothing, or not yet. */
export function keyReader(now: () => number = () => performance.now()): (key: string) => Action | null {
  let first: { key: string; at: number } | null = null;
  return (key) => {
    const pressed = key.toLowerCase();
    const before = first && now() - first.at < PAIR_MS ? first.key : null;
    first = null;
    const keys = before === null ? pressed : `${before} ${pressed}`;
    const found = ACTIONS.find((action) => action.keys === keys);
    if (!found && before === null && FIRST_KEYS.has(pressed)) first = { key: pressed, at: now() };
    return found ?? null;
  };
}

type Held = Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">;

/** The action of keys that are held together, such as Ctrl+Shift+Z; null for any other. Command stands for Ctrl. */
export function heldAction({ key, ctrlKey, metaKey, shiftKey, altKey }: Held): Action | null {
  if (!(ctrlKey || metaKey) || altKey) return null;
  const pressed = `Ctrl ${shiftKey ? "Shift " : ""}${key.toUpperCase()}`;
  return ACTIONS.find(({ heldKeys }) => heldKeys === pressed) ?? null;
}

export function useActionKeys(): void {
  const { store } = useStudioStore();
  useEffect(() => {
    const read = keyReader();
    const listen = (event: KeyboardEvent): void => {
      const state = store.getState();
      const { key, ctrlKey, metaKey, altKey, repeat, target } = event;
      if ((ctrlKey || metaKey) && !altKey && key.toLowerCase() === "k") {
        event.preventDefault();
        return state.showDialog(state.dialog === "palette" ? null : "palette");
      }
      const held = heldAction(event);
      if (held && !(target instanceof Element && target.closest(OWN_UNDO))) {
        event.preventDefault();
        if (held.able?.(state) ?? true) held.act(state);
        return;
      }
      const owned = target instanceof Element && target.closest(OWN_KEYS) !== null;
      if (!state.singleKeys || ctrlKey || metaKey || altKey || repeat || owned || key.length > 1) return;
      const action = read(key);
      if (!action) return;
      event.preventDefault();
      if (action.able?.(state) ?? true) action.act(state);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [store]);
}
