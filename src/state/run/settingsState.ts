// State of the settings' history, and of presets.
import type { RunSlice, WeightsSlice } from "./runState.ts";

/** The method with both recipes; the target is the ratio of the recipe. */
export type Settings = Pick<RunSlice, "recipe"> & Pick<WeightsSlice, "method" | "weightRecipe">;

export interface SettingsSlice {
  /** Settings before each change, the last change last. */
  undoable: readonly Settings[];
  /** Settings that were undone, the last one last. */
  redoable: readonly Settings[];
  /** Remembers the settings before a change; changes of the same settings in quick succession, such as a moved slider, are one. */
  noteSettings(before: Settings): void;
  /** Takes the last change of recipe, method or target back, and says which. */
  undoSettings(): void;
  redoSettings(): void;
}
