// Finished runs in the worker: the record of what is pruned now, and masks of a kept run brought back for the open model.
import {
  budgetOf,
  countsOf,
  EngineError,
  finishedRun,
  gateLayout,
  invariant,
  METHOD_NAMES,
  type Masks,
  mlpMatrices,
  type OpenedModel,
  type PerplexityPair,
  type Run,
  type RunMasks,
  type RunRecipe,
  unpackBits,
  unpackWords,
  type WeightMasks,
  weightsOf,
} from "../../engine/index.ts";
import type { PrunedId } from "../protocol.ts";
import { checkMasksAreAll, type Pruned, prunedBy, type PrunedByGates } from "./prunedModel.ts";
import { prunedMlpFacts } from "./weightPruning.ts";

/** The run behind what is pruned now, measured. msPerToken: medians, where they were taken. */
export function recordOf(
  opened: OpenedModel,
  pruned: Pruned,
  measured: { adapter: string; perplexity: PerplexityPair; msPerToken: Run["record"]["msPerToken"] },
): Run {
  const made: RunRecipe = pruned.kind === "gates" ? pruned.made : { kind: "weights", recipe: pruned.recipe };
  const { name, fingerprint, config, dtype } = opened;
  return finishedRun({
    id: crypto.randomUUID(),
    name: nameOf(made),
    finished: new Date().toISOString(),
    model: { name, fingerprint, config, dtype },
    ...{ made, calibration: pruned.calibration, ...measured },
    masks: pruned.kind === "gates" ? { kind: "gates", masks: pruned.masks } : { kind: "weights", masks: pruned.masks },
  });
}

function nameOf(made: RunRecipe): string {
  const percent = (share: number): string => `${Math.round(1000 * share) / 10} %`;
  switch (made.kind) {
    case "disp": {
      const { ratio, seed, gates } = made.recipe;
      return `DISP${gates === "full" ? "" : ` ${gates}`} ${percent(ratio)}, seed ${seed}`;
    }
    case "weights":
      return `${METHOD_NAMES[made.recipe.method]} ${made.recipe.pattern}, seed ${made.recipe.seed}`;
    case "baseline":
      return `${made.method} ${percent(made.ratio)}, seed ${made.seed}`;
  }
}

/** What a kept run pruned. Throws "config" where it is of another model than the open one, "unsupported" for SparseGPT, "shape" and "format" for masks that do not fit it. */
export function restoreRun({ record, masks }: Run, opened: OpenedModel): Pruned {
  const { id, model, made, calibration } = record;
  invariant(
    model.fingerprint === opened.fingerprint,
    "config",
    `this run is of ${model.name} (${model.fingerprint.slice(0, 12)}); ${opened.name} (${opened.fingerprint.slice(0, 12)}) is open. Open the model that it was made of, then bring it back.`,
  );
  if (made.kind === "weights") {
    checkMasksAreAll(made.recipe);
    const found = weightMasks(masks, opened);
    const told = prunedMlpFacts(opened.config, made.recipe, found, [], id);
    return { kind: "weights", masks: found, recipe: made.recipe, told, calibration };
  }
  return restoredGates(gateMasks(masks, opened), opened, { run: id, made, calibration });
}

function restoredGates(
  masks: Masks,
  { config }: OpenedModel,
  of: Pick<PrunedId, "run"> & Pick<PrunedByGates, "made" | "calibration">,
): PrunedByGates {
  const { made } = of;
  const [ratio, step] = made.kind === "disp" ? [made.recipe.ratio, made.steps] : [made.ratio, 0];
  return prunedBy(masks, countsOf(masks), budgetOf(config), { ratio, step, ...of });
}

/** One mask for each of the 5L vectors. Throws "shape" where their sizes are another model's. */
function gateMasks(masks: RunMasks, { config }: OpenedModel): Masks {
  const { sizes } = gateLayout(config);
  invariant(
    masks.kind === "gates" && masks.sizes.join() === sizes.join(),
    "shape",
    `masks of ${sizes.length} vectors of ${config.dModel} and ${config.dMlp} gates expected; the run has others`,
  );
  return sizes.map((size, i) => unpackBits(masks.masks[i] ?? "", size, `mask of vector ${i}`));
}

/** One mask for each matrix of the MLP. Throws "shape" where one is missing or has another shape. */
function weightMasks(masks: RunMasks, { config }: OpenedModel): WeightMasks {
  const byName = new Map(masks.kind === "weights" ? masks.matrices.map((matrix) => [matrix.name, matrix]) : []);
  return mlpMatrices(config).map((matrix) => {
    const found = byName.get(matrix.name);
    const shape = matrix.shape.join(" x ");
    if (found?.shape.join(" x ") !== shape) {
      const came = found?.shape.join(" x ") ?? "none";
      throw new EngineError(
        "shape",
        `${matrix.name}: a mask of ${shape} expected, ${came} came; the run is of another model`,
      );
    }
    return { matrix, bits: unpackWords(found.mask, weightsOf(matrix), `mask of ${matrix.name}`) };
  });
}
