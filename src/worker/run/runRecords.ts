// Finished runs in the worker: makes the record of the current pruning, and restores the masks of a saved run for the open model.
import {
  budgetOf,
  countsOf,
  EngineError,
  finishedRun,
  gateLayout,
  invariant,
  type Masks,
  mlpMatrices,
  type OpenedModel,
  type PerplexityPair,
  type RecoveryReceipt,
  type Run,
  type RunMasks,
  runName,
  type RunRecipe,
  unpackBits,
  unpackWords,
  type WeightMasks,
  weightsOf,
} from "../../engine/index.ts";
import type { PrunedId } from "../payloads/run.ts";
import { type Pruned, prunedByMasks, type PrunedByGates } from "./pruned.ts";
import { checkMasksGiveModel } from "./prunedModel.ts";
import { prunedMlpFacts } from "./weightPruning.ts";

interface RunMeasurements {
  adapter: string;
  perplexity: PerplexityPair;
  /** Medians, or null if they were not measured. */
  msPerToken: Run["record"]["msPerToken"];
  recovery?: RecoveryReceipt;
}

/** The current pruning as a finished run. */
export function recordOf(opened: OpenedModel, pruned: Pruned, measured: RunMeasurements): Run {
  const made: RunRecipe = pruned.kind === "gates" ? pruned.made : { kind: "weights", recipe: pruned.recipe };
  const { name, fingerprint, config, dtype } = opened;
  return finishedRun({
    id: crypto.randomUUID(),
    name: `${runName(made)}${recoveredName(measured.recovery)}`,
    finished: new Date().toISOString(),
    model: { name, fingerprint, config, dtype },
    ...{ made, calibration: pruned.calibration, ...measured },
    masks: pruned.kind === "gates" ? { kind: "gates", masks: pruned.masks } : { kind: "weights", masks: pruned.masks },
  });
}

/** What follows the name of a run whose kept weights were changed. */
function recoveredName(recovery: RecoveryReceipt | undefined): string {
  if (!recovery) return "";
  return recovery.recipe ? ", recovered" : ", refitted";
}

/** The pruning of a saved run. Throws "config" if it belongs to another model than the open one, "unsupported" for SparseGPT and for a recovered run, "shape" and "format" for masks that do not fit the model. */
export function restoreRun({ record, masks }: Run, opened: OpenedModel): Pruned {
  const { id, model, made, calibration, recovery } = record;
  invariant(
    model.fingerprint === opened.fingerprint,
    "config",
    `This run belongs to ${model.name} (${model.fingerprint.slice(0, 12)}), but ${opened.name} (${opened.fingerprint.slice(0, 12)}) is open. Open ${model.name} first.`,
  );
  invariant(
    !recovery,
    "unsupported",
    "The kept weights of this run were changed after pruning (refitted or recovered), and they are not saved with it, so its masks alone do not give the model again. Restore the run before its recovery and recover it once more.",
  );
  if (made.kind === "weights") {
    const { recipe } = made;
    checkMasksGiveModel(recipe);
    const restored = weightMasks(masks, opened);
    const facts = prunedMlpFacts(opened.config, { run: id, recipe, masks: restored, norms: [] });
    return { kind: "weights", masks: restored, recipe, facts, calibration };
  }
  return restoredGates(gateMasks(masks, opened), opened, { run: id, made, calibration });
}

function restoredGates(
  masks: Masks,
  { config }: OpenedModel,
  of: Pick<PrunedId, "run"> & Pick<PrunedByGates, "made" | "calibration">,
): PrunedByGates {
  const { made } = of;
  const [ratio, step] = made.kind === "disp" ? [made.point ?? made.recipe.ratio, made.steps] : [made.ratio, 0];
  return prunedByMasks(masks, countsOf(masks), budgetOf(config), { ratio, step, ...of });
}

/** The masks of the 5L vectors. Throws "shape" if their sizes do not fit the model. */
function gateMasks(masks: RunMasks, { config }: OpenedModel): Masks {
  const { sizes } = gateLayout(config);
  invariant(
    masks.kind === "gates" && masks.sizes.join() === sizes.join(),
    "shape",
    `masks: expected ${sizes.length} vectors of ${config.dModel} and ${config.dMlp} gates, got others; the run belongs to another model`,
  );
  return sizes.map((size, i) => unpackBits(masks.masks[i] ?? "", size, `mask of vector ${i}`));
}

/** The masks of the MLP's matrices. Throws "shape" if one is missing or has another shape. */
function weightMasks(masks: RunMasks, { config }: OpenedModel): WeightMasks {
  const byName = new Map(masks.kind === "weights" ? masks.matrices.map((matrix) => [matrix.name, matrix]) : []);
  return mlpMatrices(config).map((matrix) => {
    const found = byName.get(matrix.name);
    const shape = matrix.shape.join(" x ");
    if (found?.shape.join(" x ") !== shape) {
      const got = found?.shape.join(" x ") ?? "none";
      throw new EngineError(
        "shape",
        `${matrix.name}: expected a mask of ${shape}, got ${got}; the run belongs to another model`,
      );
    }
    return { matrix, bits: unpackWords(found.mask, weightsOf(matrix), `mask of ${matrix.name}`) };
  });
}
