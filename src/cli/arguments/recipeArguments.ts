// The arguments that make the recipe of a structural run, for one ratio or for several.
import {
  DEFAULT_RECIPE,
  type Estimator,
  type GateMode,
  type Recipe,
  type WidthMultiple,
} from "../../engine/recipes/recipe.ts";
import { optionalNumber, type Values } from "./arguments.ts";

const text = { type: "string" } as const;
/** Options for parseValues. */
export const RECIPE_OPTIONS = {
  ...{ method: text, keep: text, steps: text, tokens: text, seed: text, estimator: text, gates: text, lambda: text },
  ...{ "learning-rate": text, "weight-decay": text, "width-multiple": text },
};

export const RECIPE_USAGE = `  --steps 600              training steps
  --tokens 128             per step
  --seed 1
  --estimator reinmax      or straight-through, gumbel
  --gates full             or mlp: prunes only the middle of each MLP (s4), so that all of the cut is in the file of any runtime, such
                           as llama.cpp; or an ablation of the paper: constrained (one vector for s1, s2, s3 and s5 of all blocks),
                           no-gru, no-hypernetwork (one free logit per gate), mlp-no-gru, mlp-no-hypernetwork
  --width-multiple 1       MLP widths are multiples of this, within the budget: 1, 8, 32, 64 or 256
  --lambda 6               weight of the budget penalty
  --learning-rate 0.001
  --weight-decay 0.05`;

export const RESUME_OPTION = { resume: { type: "boolean" } } as const;

export const RESUME_USAGE = `  --resume                 continues an interrupted command from what it saved in OUT/.checkpoints; with the same arguments otherwise`;

/** The recipe of the arguments, not checked yet. Throws a UsageError that names the argument. */
export function readRecipeArguments(values: Values): Recipe {
  const number = (name: string, fallback: number): number => optionalNumber(values, name) ?? fallback;
  return {
    ...DEFAULT_RECIPE,
    ratio: number("keep", DEFAULT_RECIPE.ratio),
    steps: number("steps", DEFAULT_RECIPE.steps),
    tokens: number("tokens", DEFAULT_RECIPE.tokens),
    seed: number("seed", DEFAULT_RECIPE.seed),
    lambda: number("lambda", DEFAULT_RECIPE.lambda),
    learningRate: number("learning-rate", DEFAULT_RECIPE.learningRate),
    weightDecay: number("weight-decay", DEFAULT_RECIPE.weightDecay),
    estimator: (values["estimator"] ?? DEFAULT_RECIPE.estimator) as Estimator,
    gates: (values["gates"] ?? DEFAULT_RECIPE.gates) as GateMode,
    widthMultiple: number("width-multiple", DEFAULT_RECIPE.widthMultiple) as WidthMultiple,
  };
}
