// The tour: seven steps, each beside what it explains. The third runs a small pruning, which the later ones read.
import { canEditRecipe, CAN_COMMAND } from "../../state/allowed.ts";
import type { StudioState } from "../../state/storeState.ts";

export interface TourStep {
  title: string;
  text: string;
  /** Id or test id of what it explains. */
  at: string;
  /** What its button does, beside going on. */
  action?: { label: string; able(state: StudioState): boolean; act(state: StudioState): void };
}

/** Small enough to end within a minute on a software GPU, and long enough that the budget is nearly met. */
export const TOUR_RECIPE = { steps: 60, tokens: 32 } as const;

const canStart = (state: StudioState): boolean =>
  state.method === "disp" && state.run.phase === "idle" && canEditRecipe(state) && CAN_COMMAND.train(state);

function start(state: StudioState): void {
  state.setRecipe(TOUR_RECIPE);
  void state.train();
}

export const TOUR: readonly TourStep[] = [
  {
    title: "A model, and what it can do without",
    text: "The built-in model is open: 3.5 million parameters, trained on speeches of presidents. Its own weights will never change here; some of them will only be left out.",
    at: "model-heading",
  },
  {
    title: "The target",
    text: "Choose how much to keep. Half of the block weights is a strong cut: try it first, and move the slider later.",
    at: "target-heading",
  },
  {
    title: "A small pruning",
    text: `Start it: ${TOUR_RECIPE.steps} steps of ${TOUR_RECIPE.tokens} tokens. A small network now learns which gates to close, and the next steps show it at work.`,
    at: "run-heading",
    action: { label: "Start the small pruning", able: canStart, act: start },
  },
  {
    title: "The map",
    text: "Each row is one place of a block, each column a dimension. Green stays, sand is removed; what has just changed flashes.",
    at: "figure-map",
  },
  {
    title: "Loss and budget",
    text: "Red is the loss on the training text, blue how far the kept share is from the target. Blue falls first, then red recovers.",
    at: "figure-curves",
  },
  {
    title: "What it costs",
    text: "When the run ends, the pruned model is measured on speeches that it has not seen. Compare its perplexity with the dense one: so short a run loses much, the default run much less.",
    at: "results-heading",
  },
  {
    title: "Take it with you",
    text: "Every finished run is saved below, and Export writes the pruned model as files that are checked before you get them. Press Ctrl+K for everything that can be done.",
    at: "export-heading",
  },
];
