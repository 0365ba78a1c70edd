// A refit in the worker: least squares of the kept weights of a pruned model, as a pruning of its own.
import { type Ctx, DEFAULT_REFIT_RECIPE, indexLists, refit, type RefitRecipe } from "../../engine/index.ts";
import { changedPruning, knownValues } from "./changedPruning.ts";
import type { RecoverResult, RecoverWork } from "./recovery.ts";

interface RefitWatch {
  /** Units of work done and in total. */
  onProgress: (done: number, of: number) => void;
  cancelled: () => boolean;
}

interface RefitWork extends Omit<RecoverWork, "choice" | "subject" | "checkpoint"> {
  /** Default: the usual one. */
  recipe?: RefitRecipe;
}

/** Throws "shape" for a text that is too short, "not-finite", "cancelled" and "device-lost". */
export async function refitPruning(
  ctx: Ctx,
  { opened, pruned, model, text, context, before, recipe = DEFAULT_REFIT_RECIPE }: RefitWork,
  watch: RefitWatch,
): Promise<RecoverResult> {
  const pruning = pruned.kind === "gates" ? { lists: indexLists(pruned.masks) } : { masks: pruned.masks };
  const input = { dense: opened.model, pruned: model, pruning, recipe, text: text.ids, context };
  const { guard, values } = await refit(ctx, input, watch);
  const facts = { refit: recipe, step: 0, guard, before, undone: !values, msPerStep: 0 };
  if (!values) return { facts };
  const steps = { refit: { recipe, guard } };
  const known = await knownValues(ctx, pruned, model);
  return { facts, recovered: await changedPruning({ opened, pruned, known, before, steps }, values) };
}
