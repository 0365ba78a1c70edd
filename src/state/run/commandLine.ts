// The settings of the page as a command line: `npm run prune` does the same run.
import {
  DEFAULT_RECIPE,
  DEFAULT_WEIGHT_RECIPE,
  quantisedOnOpening,
  type Recipe,
  runKind,
  type RunRecord,
  WEIGHT_STORAGES,
  type WeightRecipe,
  type WeightStorage,
} from "../../engine/index.ts";
import { bundledText, type TextSource } from "../../shared/texts.ts";
import { EMBEDDED_FACTS } from "../../worker/embeddedModel.ts";
import type { StudioState } from "../storeState.ts";

/** What differs from the defaults of the command, as its options. */
type Options = readonly (readonly [name: string, value: string | number])[];

function changed<T extends object>(own: T, usual: T, names: readonly (readonly [keyof T, string])[]): Options {
  return names.flatMap(([field, name]) => (own[field] === usual[field] ? [] : [[name, String(own[field])] as const]));
}

/** Of a training for one ratio, or for every ratio with the target as the one that is exported. */
function recipeOptions(recipe: Recipe): Options {
  const own = changed(recipe, DEFAULT_RECIPE, [
    ...([
      ["steps", "steps"],
      ["tokens", "tokens"],
      ["seed", "seed"],
      ["estimator", "estimator"],
    ] as const),
    ...([
      ["gates", "gates"],
      ["widthMultiple", "width-multiple"],
      ["lambda", "lambda"],
    ] as const),
    ...([
      ["learningRate", "learning-rate"],
      ["weightDecay", "weight-decay"],
    ] as const),
  ]);
  if (recipe.ratioMode === "one") return [["keep", recipe.ratio], ...own];
  const bounds = changed(recipe, DEFAULT_RECIPE, [
    ["ratioFrom", "from"],
    ["ratioTo", "to"],
  ]);
  return [["ratios", recipe.ratio], ...bounds, ...own];
}

const weightOptions = ({ method, pattern, ...recipe }: WeightRecipe): Options => [
  ["method", method],
  ["pattern", pattern],
  ...changed(recipe, DEFAULT_WEIGHT_RECIPE, [
    ["sequences", "sequences"],
    ["tokens", "tokens"],
    ["seed", "seed"],
  ]),
];

/** In quotes where a shell would read more than a word. */
const quoted = (word: string): string => (/^[\w./:%,+@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** Of the built-in model, in the project's folder. */
const EMBEDDED_PATH = "public/model";

const pathOf = (text: TextSource): string => (text.kind === "bundled" ? `public/text/${text.name}.txt` : text.name);

type Settings = Pick<
  StudioState,
  "method" | "recipe" | "weightRecipe" | "calibration" | "evaluation" | "evaluationTokens"
> & {
  /** How the matrices are stored on the GPU. */
  weights: WeightStorage;
  /** The memory of the GPU, where it was given. */
  gpuMemoryBytes: number | null;
};
/** What of the page's state the command depends on. */
type Shown = Omit<Settings, "weights"> & Pick<StudioState, "model" | "requestedSource">;

/** The command. Files of the user's own are given by their names: a page does not know where they are. */
export function commandLineOf(state: Shown): string {
  const { model, requestedSource } = state;
  const facts = model.phase === "open" ? model.facts : undefined;
  const path = requestedSource.kind === "embedded" ? EMBEDDED_PATH : (facts?.name ?? "MODEL");
  return commandLine(path, { ...state, weights: facts?.gpuDtype ?? requestedSource.choice?.precision ?? "f32" });
}

/** The command that does a saved run again; null where one command cannot: thresholds, moved targets, runs that were stopped, baselines, recovered weights. */
export function commandLineOfRun({ made, model, calibration, perplexity, recovery }: RunRecord): string | null {
  const kind = runKind(made);
  const stopped = made.kind === "disp" && made.steps !== made.recipe.steps;
  if (made.kind === "baseline" || recovery || stopped || kind === "moved" || kind === "point") return null;
  const textNamed = (name: string): TextSource => bundledText(name) ?? { kind: "own", name, text: "" };
  return commandLine(model.fingerprint === EMBEDDED_FACTS.fingerprint ? EMBEDDED_PATH : model.name, {
    method: made.kind === "disp" ? "disp" : made.recipe.method,
    recipe: made.kind === "disp" ? made.recipe : DEFAULT_RECIPE,
    weightRecipe: made.kind === "disp" ? DEFAULT_WEIGHT_RECIPE : made.recipe,
    calibration: textNamed(calibration.name),
    evaluation: textNamed(perplexity.text.name),
    evaluationTokens: perplexity.tokens,
    // a record says how matrices were stored where that changes its numbers noticeably
    weights: WEIGHT_STORAGES.find((storage) => quantisedOnOpening(storage) === perplexity.quantised) ?? "f32",
    gpuMemoryBytes: null,
  });
}

function commandLine(modelPath: string, settings: Settings): string {
  const { method, recipe, weightRecipe, calibration, evaluation, evaluationTokens, weights, gpuMemoryBytes } = settings;
  const options: Options = [
    ["model", modelPath],
    ["text", pathOf(calibration)],
    ["eval", pathOf(evaluation)],
    ["eval-tokens", evaluationTokens],
    ...(weights === "f32" ? [] : [["weights", weights] as const]),
    ...(gpuMemoryBytes === null ? [] : [["memory-gb", gpuMemoryBytes / 1e9] as const]),
    ...(method === "disp" ? recipeOptions(recipe) : weightOptions(weightRecipe)),
    ["out", "pruned"],
  ];
  return ["npm run prune --", ...options.map(([option, value]) => `--${option} ${quoted(String(value))}`)].join(" ");
}
