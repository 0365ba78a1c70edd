// What the page's link contains, and one entry of it.
import { DEFAULT_RECIPE, DEFAULT_WEIGHT_RECIPE } from "../../../engine/index.ts";
import type { Recipe, WeightMethod, WeightRecipe } from "../../../engine/index.ts";
import { DEFAULT_TEXTS, type TextSources } from "../../../shared/texts.ts";
import type { StudioState } from "../../storeState.ts";
import { DEFAULT_PROMPT } from "../../text/generateSlice.ts";

/** What a link contains. */
export interface Linked extends TextSources {
  method: "disp" | WeightMethod;
  recipe: Recipe;
  weightRecipe: WeightRecipe;
  /** Name of the model; null for the built-in one. */
  model: string | null;
  /** How many tokens perplexity is measured on; null where the link does not say. */
  evaluationTokens: number | null;
  prompt: string;
}

export const DEFAULTS: Linked = {
  method: "disp",
  recipe: DEFAULT_RECIPE,
  weightRecipe: DEFAULT_WEIGHT_RECIPE,
  ...DEFAULT_TEXTS,
  ...{ model: null, evaluationTokens: null, prompt: DEFAULT_PROMPT },
};

/** What the page's link has of its state. */
export function linkedOf(state: StudioState): Linked {
  const { method, recipe, weightRecipe, calibration, evaluation, prompt, evaluationTokens, model, source } = state;
  const foreign = model.phase === "open" && source.kind !== "embedded";
  const name = foreign ? model.facts.name : null;
  return { method, recipe, weightRecipe, calibration, evaluation, prompt, evaluationTokens, model: name };
}

/** One entry of a link. Its default is what it writes of DEFAULTS. */
export interface LinkField {
  key: string;
  /** The value in the link; null if it cannot be in one. */
  write(linked: Linked): string | null;
  /** Written only beside other entries: it is no choice of its own. */
  besides?: (linked: Linked) => boolean;
  /** The settings with this value. Throws "config" for a value that is not valid. */
  read(value: string, linked: Linked): Linked;
}
