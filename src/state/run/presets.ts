// Presets of the settings: each with its source and what it sets. Target and seed stay as they are.
import { DEFAULT_RECIPE, DEFAULT_WEIGHT_RECIPE, type Recipe, type WeightRecipe } from "../../engine/index.ts";
import { settingChanges } from "./settingChanges.ts";
import type { Settings } from "./settingsState.ts";

type PresetId = "quick" | "default" | "paper" | "code" | "dass";

export interface Preset {
  id: PresetId;
  title: string;
  /** Where its values are from. */
  source: string;
  /** What it sets, in words. */
  sets: string;
  method: Settings["method"];
  recipe?: Partial<Recipe>;
  weightRecipe?: Partial<WeightRecipe>;
}

/** How a training is set up, apart from target and seed. */
const {
  estimator,
  gates,
  widthMultiple,
  ratioMode,
  steps,
  tokens,
  lambda,
  learningRate,
  weightDecay,
  checkpointEvery,
} = DEFAULT_RECIPE;
const USUAL = {
  ...{ estimator, gates, widthMultiple, ratioMode, steps, tokens, lambda },
  ...{ learningRate, weightDecay, checkpointEvery },
};

/** Tokens per step and per calibration sequence in both papers. */
const PAPER_TOKENS = 2048;
/** Enough for the budget to be met, which takes 60 to 100 steps of the built-in model (METHOD.md 1.6). */
const QUICK = { steps: 150, tokens: 64 };

export const PRESETS: readonly Preset[] = [
  {
    id: "quick",
    title: "Quick look",
    source: "Ours",
    sets: `${QUICK.steps} steps of ${QUICK.tokens} tokens: the budget is met, the masks are still rough`,
    method: "disp",
    recipe: { ...USUAL, ...QUICK },
  },
  {
    id: "default",
    title: "Default",
    source: "Ours, made for the built-in model",
    sets: `${USUAL.steps} steps of ${USUAL.tokens} tokens, ReinMax, lambda ${USUAL.lambda}`,
    method: "disp",
    recipe: USUAL,
  },
  {
    id: "paper",
    title: "DISP-LLM, paper",
    source: "Gao et al., NeurIPS 2024 (arXiv 2410.11988)",
    sets: "10,000 steps of 2,048 tokens, ReinMax, lambda 6, learning rate 0.001, weight decay 0.05",
    method: "disp",
    recipe: { ...USUAL, estimator: "reinmax", steps: 10_000, tokens: PAPER_TOKENS, lambda: 6 },
  },
  {
    id: "code",
    title: "DISP-LLM, released code",
    source: "Defaults of the paper’s train_hypernetwork.py",
    sets: "100,000 steps of 2,048 tokens, Gumbel-sigmoid, lambda 16",
    method: "disp",
    recipe: { ...USUAL, estimator: "gumbel", steps: 100_000, tokens: PAPER_TOKENS, lambda: 16 },
  },
  {
    id: "dass",
    title: "DaSS 2:4, paper",
    source: "Guo et al., TMLR 2025 (arXiv 2405.01943)",
    sets: "two of four neighbouring MLP weights zeroed, 128 sequences of 2,048 tokens",
    method: "dass",
    weightRecipe: { method: "dass", pattern: "2:4", sequences: 128, tokens: PAPER_TOKENS },
  },
];

/**
 * The settings with a preset.
 * @param context the longest text of the open model in tokens, which no preset exceeds; null while none is open
 */
export function withPreset(settings: Settings, preset: Preset, context: number | null): Settings {
  const cut = <T extends { tokens?: number }>(values: T): T =>
    context !== null && values.tokens !== undefined ? { ...values, tokens: Math.min(values.tokens, context) } : values;
  return {
    method: preset.method,
    recipe: { ...settings.recipe, ...cut(preset.recipe ?? {}) },
    weightRecipe: { ...settings.weightRecipe, ...cut(preset.weightRecipe ?? {}) },
  };
}

/** The preset that these settings are; null for settings of the user's own. Settings of the method that is not chosen do not count. */
export function presetOf(settings: Settings, context: number | null): Preset | null {
  const own = {
    ...settings,
    ...(settings.method === "disp" ? { weightRecipe: DEFAULT_WEIGHT_RECIPE } : { recipe: DEFAULT_RECIPE }),
  };
  return PRESETS.find((preset) => settingChanges(own, withPreset(own, preset, context)).length === 0) ?? null;
}
