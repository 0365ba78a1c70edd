// Sections of a report on how the run was made: its recipe, its layers, and its recovery.
import {
  byBlock,
  countOnes,
  METHOD_NAMES,
  recipeJson,
  recoveryWords,
  type RunMasks,
  type RunRecord,
  unpackRunMasks,
} from "../../engine/index.ts";
import { keptPercent, percent, perplexityText, whole } from "../../shared/format.ts";
import { VECTOR_NAMES, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import type { KnownFacts } from "../../worker/protocol.ts";
import { layerRows } from "../views/layersView.ts";
import type { ReportPart, ReportSection } from "./report.ts";
import { type Facts, facts, settingRows, textName } from "./reportParts.ts";

/** How the run was made. */
function settingsOf(made: RunRecord["made"]): Facts {
  if (made.kind === "weights") return settingRows({ ...made.recipe, method: METHOD_NAMES[made.recipe.method] });
  if (made.kind === "baseline") return settingRows({ method: made.method, keep: made.ratio, seed: made.seed });
  const { recipe, steps, targets, point } = made;
  const moved = (targets ?? []).map(([step, ratio]) => `${ratio} from step ${step}`).join(", ");
  return [
    ...settingRows(recipeJson(recipe)),
    ["steps done", whole(steps)],
    ...(moved === "" ? [] : ([["targets", moved]] as const)),
    ...(point === undefined ? [] : ([["threshold at", String(point)]] as const)),
  ];
}

export function recipeSection({ made, calibration }: RunRecord, command: string | null): ReportSection {
  return {
    title: "Recipe",
    parts: [
      facts([...settingsOf(made), ["calibration text", textName(calibration)]]),
      ...(command === null
        ? []
        : [{ kind: "quote", label: "The same run on the command line", text: command } as const]),
    ],
  };
}

const size = ([outputs, inputs]: readonly [number, number]): string => `${whole(outputs)} × ${whole(inputs)}`;

/** Every linear layer where the sizes of the model are known; otherwise the widths of the selection vectors, or the matrices of the masks. */
export function layersPart(masks: RunMasks, known: KnownFacts | null): ReportPart {
  const kept = unpackRunMasks(masks).map(({ gates }) => countOnes(gates));
  if (masks.kind === "weights")
    return {
      kind: "table",
      head: ["matrix", "size", "kept weights", "share"],
      rows: masks.matrices.map(({ name, shape }, i) => {
        const share = { kept: kept[i] ?? 0, of: shape[0] * shape[1] };
        return [name, size(shape), whole(share.kept), keptPercent(share)];
      }),
    };
  const sizes = byBlock(masks.sizes);
  const fits = known?.layers === masks.sizes.length / VECTORS_PER_BLOCK && known.dModel === masks.sizes[0];
  if (known && fits)
    return {
      kind: "table",
      head: ["layer", "before", "after", "kept weights", "share"],
      rows: layerRows(known, { architecture: { counts: kept }, weights: null }).map((row) => {
        return [row.name, size(row.before), size(row.after), whole(row.kept), percent(row.kept / row.of)];
      }),
    };
  return {
    kind: "table",
    head: ["block", ...VECTOR_NAMES],
    rows: byBlock(kept).map((widths, block) => [
      String(block),
      ...widths.map((one, k) => `${whole(one)} of ${whole(sizes[block]?.[k] ?? 0)}`),
    ]),
  };
}

export function recoveryOf({ recovery }: RunRecord): ReportSection[] {
  if (!recovery) return [];
  const { guard, prunedBefore } = recovery;
  return [
    {
      title: "Recovery",
      parts: [
        {
          kind: "note",
          text: "The kept weights were changed after pruning, so the masks alone do not rebuild this model.",
        },
        facts([
          ["Changed by", recoveryWords(recovery)],
          ["Perplexity before it", perplexityText(prunedBefore)],
          ["Guard’s slice", `${perplexityText(guard.before)} before, ${perplexityText(guard.after)} after`],
          ...settingRows(recovery.refit ?? {}),
          ...settingRows(recovery.recipe ?? {}),
          ["SHA-256 of the changed weights", recovery.weightsSha256],
        ]),
      ],
    },
  ];
}
