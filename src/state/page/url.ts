// The page's link: recipes and bundled texts as the part of the address after "#". Whatever equals the default is left out.
import {
  checkRecipe,
  checkRecipeNumber,
  checkWeightRecipe,
  DEFAULT_RECIPE,
  DEFAULT_WEIGHT_RECIPE,
  EngineError,
  ESTIMATORS,
  GATE_MODES,
  RATIO_MODES,
  RECIPE_NUMBERS,
  WIDTH_MULTIPLES,
  WEIGHT_RECIPE_BOUNDS,
  WEIGHT_METHODS,
  writtenName,
} from "../../engine/index.ts";
import type { Recipe, RecipeNumber, WeightMethod, WeightRecipe } from "../../engine/index.ts";
import { evaluationTokensFor } from "../../shared/evaluationTokens.ts";
import { BUNDLED_TEXTS, DEFAULT_TEXTS, type TextSources } from "../../shared/texts.ts";
import type { StudioState } from "../storeState.ts";
import { DEFAULT_PROMPT } from "../text/generateSlice.ts";

/** Of the links that this page writes. Links without a version are of version 1, which had no model, length and prompt. */
const VERSION = 2;

/** What a link contains. */
interface Linked extends TextSources {
  method: "disp" | WeightMethod;
  recipe: Recipe;
  weightRecipe: WeightRecipe;
  /** Name of the model; null for the built-in one. */
  model: string | null;
  /** How many tokens perplexity is measured on; null where the link does not say. */
  evaluationTokens: number | null;
  prompt: string;
}

const DEFAULTS: Linked = {
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
interface LinkField {
  key: string;
  /** The value in the link; null if it cannot be in one. */
  write(linked: Linked): string | null;
  /** Written only beside other entries: it is no choice of its own. */
  besides?: (linked: Linked) => boolean;
  /** The settings with this value. Throws "config" for a value that is not valid. */
  read(value: string, linked: Linked): Linked;
}

/** Significant digits of a number in a link. */
const DIGITS = 12;
const numberIn = (value: string): number => (value.trim() === "" ? NaN : Number(value));

/** Longest part of a link in a message: a hostile link must not fill the screen. */
const SHOWN_CHARS = 60;
const cut = (text: string, longest: number): string =>
  text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
/** A part of a link for a message: on one line, and not too long. */
const shown = (part: string): string => cut(part.replace(/\s+/g, " "), SHOWN_CHARS);
/** The value of a link for a message. */
const shownValue = (value: string): string => (value.trim() === "" ? "nothing" : shown(value));

function oneOf<T extends string>(key: string, choices: readonly T[], value: string): T {
  const choice = choices.find((one) => one === value);
  if (choice === undefined)
    throw new EngineError("config", `${key}: expected one of ${choices.join(", ")}, got ${shownValue(value)}`);
  return choice;
}

const recipeNumber = (field: RecipeNumber): LinkField => ({
  key: writtenName(field),
  write: ({ recipe }) => String(Number(recipe[field].toPrecision(DIGITS))),
  read: (value, linked) => ({
    ...linked,
    recipe: { ...linked.recipe, [field]: checkRecipeNumber(field, numberIn(value), shownValue(value)) },
  }),
});

const recipeChoice = <K extends "estimator" | "gates" | "ratioMode">(
  key: K,
  choices: readonly Recipe[K][],
): LinkField => ({
  key,
  write: ({ recipe }) => recipe[key],
  read: (value, linked) => ({ ...linked, recipe: { ...linked.recipe, [key]: oneOf(key, choices, value) } }),
});

const WIDTH_MULTIPLE: LinkField = {
  key: "widthMultiple",
  write: ({ recipe }) => String(recipe.widthMultiple),
  read(value, linked) {
    const widthMultiple = WIDTH_MULTIPLES.find((one) => String(one) === value);
    if (widthMultiple === undefined)
      throw new EngineError(
        "config",
        `widthMultiple: expected one of ${WIDTH_MULTIPLES.join(", ")}, got ${shownValue(value)}`,
      );
    return { ...linked, recipe: { ...linked.recipe, widthMultiple } };
  },
};

const METHOD: LinkField = {
  key: "method",
  write: ({ method }) => method,
  read(value, linked) {
    const method = oneOf("method", WEIGHT_METHODS, value);
    return { ...linked, method, weightRecipe: { ...linked.weightRecipe, method } };
  },
};

const PATTERN: LinkField = {
  key: "pattern",
  write: ({ weightRecipe }) => weightRecipe.pattern,
  read: (value, linked) => ({
    ...linked,
    weightRecipe: checkWeightRecipe({ ...linked.weightRecipe, pattern: shown(value) }),
  }),
};

/** key: the field's name in the link, where "tokens" and "seed" are those of a training. */
const weightNumber = (key: string, field: keyof typeof WEIGHT_RECIPE_BOUNDS): LinkField => ({
  key,
  write: ({ weightRecipe }) => String(weightRecipe[field]),
  read(value, linked) {
    const { min, max } = WEIGHT_RECIPE_BOUNDS[field];
    const number = numberIn(value);
    if (!Number.isInteger(number) || number < min || number > max)
      throw new EngineError(
        "config",
        `${key}: expected a whole number from ${min} to ${max}, got ${shownValue(value)}`,
      );
    return { ...linked, weightRecipe: { ...linked.weightRecipe, [field]: number } };
  },
});

const bundledText = (key: keyof TextSources): LinkField => ({
  key,
  write({ [key]: source }) {
    return source.kind === "bundled" ? source.name : null;
  },
  read(value, linked) {
    const names = BUNDLED_TEXTS.map(({ name }) => name);
    return { ...linked, [key]: { kind: "bundled", name: oneOf(key, names, value) } };
  },
});

const VERSION_FIELD: LinkField = {
  key: "v",
  write: () => String(VERSION),
  besides: () => true,
  read(value, linked) {
    const version = numberIn(value);
    if (!Number.isInteger(version) || version < 1)
      throw new EngineError("config", `v: expected a whole number from 1, got ${shownValue(value)}`);
    if (version > VERSION)
      throw new EngineError(
        "config",
        `v: expected at most ${VERSION}, got ${version}. The link is of a newer Espalier; what this one does not know was left out`,
      );
    return linked;
  },
};

/** Longest name and longest prompt in a link. */
const TEXT_CHARS = { model: 200, prompt: 1000 };

const MODEL: LinkField = {
  key: "model",
  write: ({ model }) => (model !== null && model.length <= TEXT_CHARS.model ? model : null),
  read(value, linked) {
    if (value.trim() === "" || value.length > TEXT_CHARS.model)
      throw new EngineError("config", `model: expected 1 to ${TEXT_CHARS.model} characters, got ${shownValue(value)}`);
    return { ...linked, model: value.replace(/\s+/g, " ") };
  },
};

const PROMPT: LinkField = {
  key: "prompt",
  write: ({ prompt }) => (prompt.trim() !== "" && prompt.length <= TEXT_CHARS.prompt ? prompt : null),
  read(value, linked) {
    if (value.trim() === "" || value.length > TEXT_CHARS.prompt)
      throw new EngineError(
        "config",
        `prompt: expected 1 to ${TEXT_CHARS.prompt} characters, got ${shownValue(value)}`,
      );
    return { ...linked, prompt: value };
  },
};

/** Bounds of the tokens that perplexity is measured on. */
const EVALUATION_TOKENS = { min: 64, max: 10_000_000 };
/** What a page measures on where its link does not say: it depends on the adapter. */
const USUAL_TOKENS: readonly (number | null)[] = [true, false].map((software) => evaluationTokensFor({ software }));

const EVALUATION_LENGTH: LinkField = {
  key: "evaluationTokens",
  write: ({ evaluationTokens }) => (evaluationTokens === null ? null : String(evaluationTokens)),
  besides: ({ evaluationTokens }) => USUAL_TOKENS.includes(evaluationTokens),
  read(value, linked) {
    const tokens = numberIn(value);
    const { min, max } = EVALUATION_TOKENS;
    if (!Number.isInteger(tokens) || tokens < min || tokens > max)
      throw new EngineError(
        "config",
        `evaluationTokens: expected a whole number from ${min} to ${max}, got ${shownValue(value)}`,
      );
    return { ...linked, evaluationTokens: tokens };
  },
};

/** Every field of a link, in its order there. */
const FIELDS: readonly LinkField[] = [
  VERSION_FIELD,
  MODEL,
  ...RECIPE_NUMBERS.map(recipeNumber),
  recipeChoice("estimator", ESTIMATORS),
  recipeChoice("gates", GATE_MODES),
  WIDTH_MULTIPLE,
  recipeChoice("ratioMode", RATIO_MODES),
  METHOD,
  PATTERN,
  weightNumber("calibrationSequences", "sequences"),
  weightNumber("calibrationTokens", "tokens"),
  weightNumber("calibrationSeed", "seed"),
  bundledText("calibration"),
  bundledText("evaluation"),
  EVALUATION_LENGTH,
  PROMPT,
];

/** The hash of these settings, without "#". A text of the user's own cannot be in a link and is left out. */
export function hashOf(linked: Linked): string {
  const differs = ({ write }: LinkField): boolean => write(linked) !== null && write(linked) !== write(DEFAULTS);
  const besides = (field: LinkField): boolean => field.besides?.(linked) ?? false;
  if (!FIELDS.some((field) => differs(field) && !besides(field))) return "";
  const parts = new URLSearchParams();
  for (const field of FIELDS) {
    const value = field.write(linked);
    if (value !== null && (differs(field) || besides(field))) parts.set(field.key, value);
  }
  return parts.toString();
}

/** Problems that are described; any others are counted. */
const SHOWN_PROBLEMS = 4;
/** Longest description of a problem: that of a pattern, with the longest part. */
const PROBLEM_CHARS = 4 * SHOWN_CHARS;

const partsOf = (hash: string): URLSearchParams => new URLSearchParams(hash.replace(/^#/, ""));

/** Whether a hash is meant as settings: it has at least one, or is empty, which means the defaults. Any other hash names something else. */
export function hasSettings(hash: string): boolean {
  const keys = [...partsOf(hash).keys()];
  return keys.length === 0 || keys.some((key) => FIELDS.some((field) => field.key === key));
}

/** The problems of a link as one sentence that fits a notice. */
export function problemsText(problems: readonly string[]): string {
  const described = problems.slice(0, SHOWN_PROBLEMS).map((problem) => cut(problem, PROBLEM_CHARS));
  const others = problems.length - described.length;
  return `${described.join("; ")}${others > 0 ? `; and ${others} more` : ""}.`;
}

/** Reads a hash, with or without "#". Whatever is not valid keeps its default and is described in `problems`. */
export function readHash(hash: string): Linked & { problems: string[] } {
  const problems: string[] = [];
  let linked = DEFAULTS;
  const attempt = (read: () => Linked): void => {
    try {
      linked = read();
    } catch (error) {
      problems.push(EngineError.from(error).message);
    }
  };
  for (const [key, value] of partsOf(hash)) {
    const field = FIELDS.find((one) => one.key === key);
    if (field) attempt(() => field.read(value, linked));
    else problems.push(`${shown(key)}=${shown(value)} is not a setting`);
  }
  const { recipe } = linked;
  linked = { ...linked, recipe: DEFAULT_RECIPE };
  attempt(() => ({ ...linked, recipe: checkRecipe(recipe) }));
  return { ...linked, problems };
}
