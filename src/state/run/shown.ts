// What the page shows, in words: one source for the badge below the results and for whatever has to say which run it is of.
import { runName, type RunRecipe, type Targets } from "../../engine/index.ts";
import { isExample } from "../../shared/exampleRuns.ts";
import { localMinutes, ratioText, whole } from "../../shared/format.ts";
import type { PrunedId } from "../../worker/protocol.ts";
import type { StudioState } from "../storeState.ts";
import { currentPruning, samePruned } from "./currentPruning.ts";

type Known = Pick<StudioState, "architecture" | "weights" | "restored" | "recovered" | "run">;

/** "DISP 40 %, seed 1, restored from 12:03"; "dense model" while nothing is pruned. now: the present time. */
export function shownWords(state: Known, now = new Date()): string {
  const { recovered } = state;
  const pruned = prunedWords(state, now);
  if (!recovered) return pruned;
  const { refit, recipe, step } = recovered.facts;
  return [pruned, ...(refit ? ["refitted"] : []), ...(recipe ? ["recovered", `${whole(step)} steps`] : [])].join(", ");
}

/** What a saved picture is of: the model, and the pruning with its seed and step. */
export function pictureTitle(state: Known & Pick<StudioState, "model">): string {
  const { model, architecture, weights } = state;
  const name = model.phase === "open" ? `${model.facts.name}, ` : "";
  const step = architecture && !weights && architecture.step > 0 ? `, step ${whole(architecture.step)}` : "";
  return `${name}${shownWords(state)}${step}`;
}

function prunedWords({ architecture, weights, restored, run }: Known, now: Date): string {
  if (restored) {
    const { name, made, finished } = restored.record;
    if (isExample(restored.record)) return `${name} (comes with Espalier, not a run of yours)`;
    const named = name === runName(made) ? madeWords(made) : `“${name}” (${madeWords(made)})`;
    return `${named}, restored from ${timeWords(new Date(finished), now)}`;
  }
  if (weights) return madeWords({ kind: "weights", recipe: weights.recipe });
  if (!architecture) return "dense model";
  const words = madeWords(architecture.made);
  if (run.phase === "training") return `${words}, training`;
  return run.phase === "paused" ? `${words}, paused at step ${whole(run.step)}` : words;
}

/** The name that the recipe gives, and the targets before the last one. */
function madeWords(made: RunRecipe): string {
  const targets: Targets = made.kind === "disp" ? (made.targets ?? []) : [];
  const moved = targets.map(([step, ratio]) => `${ratioText(ratio)} from step ${whole(step)}`).join(", ");
  return targets.length > 1 ? `${runName(made)} (target ${moved})` : runName(made);
}

/** "12:03" of today, "2026-11-24 12:03" of another day. */
function timeWords(time: Date, now: Date): string {
  const words = localMinutes(time.toISOString());
  const today = time.toDateString() === now.toDateString();
  return today ? words.slice(-5) : words;
}

/** How something that was measured, written or exported relates to what is shown: of the same masks, of other masks of its run, or of another run. */
export type Age = "current" | "other masks" | "earlier run";

export function ageOf(of: PrunedId, state: Pick<StudioState, "architecture" | "weights">): Age {
  const now = currentPruning(state);
  if (now && samePruned(of, now)) return "current";
  return now?.run === of.run ? "other masks" : "earlier run";
}
