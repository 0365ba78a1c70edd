// The page's link: recipes and bundled texts as the part of the address after "#". Whatever equals the default is left out.
import {
  checkRecipe,
  DEFAULT_RECIPE,
  EngineError,
  ESTIMATORS,
  GATE_MODES,
  RATIO_MODES,
  RECIPE_NUMBERS,
} from "../../../engine/index.ts";
import { DEFAULTS, type Linked, type LinkField } from "./linked.ts";
import { bundledTextField, EVALUATION_LENGTH, MODEL_FIELD, PROMPT, VERSION_FIELD } from "./pageFields.ts";
import { METHOD, PATTERN, recipeChoice, recipeNumber, weightNumber, WIDTH_MULTIPLE } from "./recipeFields.ts";
import { cut, shown, SHOWN_CHARS } from "./values.ts";

/** Every field of a link, in its order there. */
const FIELDS: readonly LinkField[] = [
  VERSION_FIELD,
  MODEL_FIELD,
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
  bundledTextField("calibration"),
  bundledTextField("evaluation"),
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
