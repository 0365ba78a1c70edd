// Warnings about values that are allowed but rarely meant: of a recipe, of the text sampler and of the texts.
import type { Recipe } from "../../engine/index.ts";
import { whole } from "../../shared/format.ts";

/** Fewer steps give masks that have hardly left their beginning. */
const FEW_STEPS = 30;
const FAST = 0.05;
const SLOW = 1e-5;
const STRONG_DECAY = 1;
/** A perplexity on fewer tokens says little. */
const FEW_EVALUATION_TOKENS = 512;
/** With fewer sequences to draw from, a run sees the same ones again and again. */
const FEW_SEQUENCES = 20;
const HOT = 2;

type RecipeWarnings = Partial<Record<keyof Recipe, string>>;

/** Warnings by field. context: the longest text of the open model in tokens, null while none is open. */
export function oddRecipe(recipe: Recipe, context: number | null): RecipeWarnings {
  const { steps, tokens, lambda, learningRate, weightDecay, checkpointEvery } = recipe;
  const odd: RecipeWarnings = {};
  if (steps < FEW_STEPS) odd.steps = "So few steps give a first impression only.";
  if (context !== null && tokens > context)
    odd.tokens = `Longer than the ${whole(context)} tokens that the model was made for.`;
  if (lambda === 0) odd.lambda = "With 0 nothing pulls towards the target.";
  if (learningRate > FAST) odd.learningRate = "Usual values are 0.0001 to 0.01; the loss may stop being a number.";
  else if (learningRate < SLOW) odd.learningRate = "Usual values are 0.0001 to 0.01; the masks will hardly change.";
  if (weightDecay > STRONG_DECAY) odd.weightDecay = "Usual values are 0 to 0.1.";
  if (checkpointEvery > steps) odd.checkpointEvery = "Larger than the number of steps: only the end is stored.";
  return odd;
}

/** A warning about the sampler's temperature; null for a usual one. */
export const oddTemperature = (temperature: number): string | null =>
  temperature > HOT ? "Above 2 the text is close to random." : null;

/** Warnings about texts that are too small for what they are used for. */
export function oddTexts(
  { calibrationTokens, evaluationTokens }: { calibrationTokens: number; evaluationTokens: number },
  tokensPerStep: number,
): string[] {
  const warnings: string[] = [];
  if (calibrationTokens < tokensPerStep)
    warnings.push(
      `The calibration text has ${whole(calibrationTokens)} tokens, and a step needs ${whole(tokensPerStep)}: choose a longer text or fewer tokens per step.`,
    );
  else if (calibrationTokens < FEW_SEQUENCES * tokensPerStep)
    warnings.push(
      `The calibration text has only ${whole(calibrationTokens)} tokens: every step sees nearly the same ones.`,
    );
  if (evaluationTokens < FEW_EVALUATION_TOKENS)
    warnings.push(`The evaluation text has only ${whole(evaluationTokens)} tokens: its perplexity is a rough guess.`);
  return warnings;
}
