// Undo and redo of recipe, method and target, over many changes.
import type { SliceOf } from "../slice.ts";
import { canRedo, canUndo } from "../allowed.ts";
import type { GetState } from "../storeState.ts";
import { REST_MS } from "./gatesSlice.ts";
import { changeWords, settingChanges } from "./settingChanges.ts";
import type { Settings, SettingsSlice } from "./settingsState.ts";

/** How many changes can be undone. */
const LIMIT = 100;

export const settingsOf = ({ method, recipe, weightRecipe }: Settings): Settings => ({ method, recipe, weightRecipe });

/** Makes these the settings, by the actions that a person would use. */
export function applySettings({ method, recipe, weightRecipe }: Settings, get: GetState): void {
  const { ratio, ...rest } = recipe;
  const { setRecipe, chooseMethod, setWeightRecipe, setRatio } = get();
  const changed = settingChanges(settingsOf(get()), { method, recipe, weightRecipe });
  if (changed.some(({ field }) => field !== "ratio")) {
    setRecipe(rest);
    chooseMethod(method);
    setWeightRecipe(weightRecipe);
  }
  setRatio(ratio);
}

export const settingsSlice: SliceOf<SettingsSlice> = ({ clock }, set, get) => {
  /** The settings that the present change is of, while it goes on. */
  let open: string | null = null;
  let cancelEnd = (): void => undefined;
  /** Changes that an undo makes are not changes of the user's. */
  let applying = false;

  const end = (): void => {
    cancelEnd();
    open = null;
  };
  /** Moves one step from one list to the other, and applies it. */
  const move = (from: "undoable" | "redoable", to: "undoable" | "redoable", done: string): void => {
    const target = get()[from].at(-1);
    if (!target || !(from === "undoable" ? canUndo : canRedo)(get())) return;
    end();
    const before = settingsOf(get());
    applying = true;
    try {
      applySettings(target, get);
    } finally {
      applying = false;
    }
    set({ [from]: get()[from].slice(0, -1), [to]: [...get()[to], before] });
    get().announce(`${done}: ${changeWords(settingChanges(before, settingsOf(get())))}.`);
  };
  return {
    undoable: [],
    redoable: [],
    noteSettings(before) {
      const changes = settingChanges(before, settingsOf(get()));
      // the settings that a link gives while nothing is open are where everything begins
      if (applying || changes.length === 0 || get().model.phase === "closed") return;
      const of = changes.map(({ field }) => field).join(" ");
      if (of !== open) set(({ undoable }) => ({ undoable: [...undoable, settingsOf(before)].slice(-LIMIT) }));
      set({ redoable: [] });
      end();
      open = of;
      cancelEnd = clock.after(REST_MS, end);
    },
    undoSettings: () => move("undoable", "redoable", "Undone"),
    redoSettings: () => move("redoable", "undoable", "Redone"),
  };
};
