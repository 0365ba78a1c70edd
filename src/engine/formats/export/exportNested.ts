// The nested form: the compact model of the largest ratio, with the index lists of the smaller ones inside it beside its weights (formats.md).
import type { ModelConfig } from "../../config/config.ts";
import { budgetOf, countsOf, keptWeights } from "../../masks/budget.ts";
import { byBlock, type Masks } from "../../masks/gates.ts";
import { listsInside } from "../../masks/nestedness.ts";
import { indexTensorName } from "../../masks/tensorGates.ts";
import { percentOf, table } from "../card/cardParts.ts";
import { indexTensor } from "./exportCompact.ts";
import type { LogitSample } from "../receipt/logitSample.ts";
import { collect, jsonFile, type OutputFile, textFile } from "../files/outputFile.ts";
import type { FormCheck, PerplexityPair, Share } from "../receipt/receipt.ts";
import { safetensorsLayout, type TensorStream, writeSafetensors } from "../safetensors/safetensors.ts";

export const NESTED_FILE = "nested.json";
export const NESTED_LISTS_FILE = "nested.safetensors";
/** Version of the nested form; a reader refuses a later one. */
export const NESTED_FORMAT = 1;

/** One ratio of a nested model in nested.json. */
export interface NestedRatio {
  /** Asked kept share of the block weights. */
  ratio: number;
  /** What the names of its lists begin with. */
  name: string;
  blockWeights: Share;
  /** |s1| .. |s5| of every block. */
  widths: number[][];
  perplexity: PerplexityPair[];
  /** The largest model cut by the lists, against the masked model. */
  check: Omit<FormCheck, "form" | "dtype">;
  /** Some logits of the masked model. */
  sample: LogitSample;
}

/** nested.json: ratios in ascending order, the last of them the whole compact model. */
export interface Nested {
  format: typeof NESTED_FORMAT;
  program: { name: "Espalier"; version: string };
  ratios: (Omit<NestedRatio, "ratio"> & { keep: number })[];
}

/** keep-0.50: two decimals, or as many as the number has. */
export function ratioName(ratio: number): string {
  const two = ratio.toFixed(2);
  return `keep-${Number(two) === ratio ? two : ratio}`;
}

/** The name of the list of vector 5 * block + k in nested.safetensors: keep-0.50.model.layers.0.espalier.s1. */
export function nestedTensorName(ratio: number, config: Pick<ModelConfig, "family">, vector: number): string {
  return `${ratioName(ratio)}.${indexTensorName(config.family, vector)}`;
}

/**
 * nested.safetensors: for each ratio the positions of its kept gates among those of `largest`, ascending, in I32. Throws "shape" for masks
 * that are not inside the largest ones.
 */
export function nestedListsFile(
  config: ModelConfig,
  largest: Masks,
  ratios: readonly { ratio: number; masks: Masks }[],
): OutputFile {
  const tensors = ratios.flatMap(({ ratio, masks }): TensorStream[] =>
    listsInside(largest, masks).map((list, vector) => indexTensor(nestedTensorName(ratio, config, vector), list)),
  );
  return {
    name: NESTED_LISTS_FILE,
    sizeBytes: safetensorsLayout(tensors).sizeBytes,
    stream: () => writeSafetensors(tensors),
  };
}

/** What masks keep, as nested.json says it. */
export function keptOfRatio(config: ModelConfig, masks: Masks): Pick<NestedRatio, "blockWeights" | "widths"> {
  const budget = budgetOf(config);
  const counts = countsOf(masks);
  return {
    blockWeights: { kept: keptWeights(budget, counts), of: budget.blockWeights },
    widths: byBlock(counts),
  };
}

/** nested.json, ready to be written. */
export function nestedFile(version: string, ratios: readonly NestedRatio[]): OutputFile {
  const written = ratios.map(({ ratio, ...rest }) => ({ keep: ratio, ...rest }));
  const nested: Nested = { format: NESTED_FORMAT, program: { name: "Espalier", version }, ratios: written };
  return jsonFile(NESTED_FILE, nested);
}

/** The model card of the largest model, and what the folder has besides. */
export async function nestedCardFile(card: OutputFile, ratios: readonly NestedRatio[]): Promise<OutputFile> {
  const rows = ratios.map(({ ratio, blockWeights, perplexity, check }) => [
    String(ratio),
    percentOf(blockWeights),
    ...[perplexity[0]?.pruned, perplexity[0]?.dense].map((value) => value?.toFixed(2) ?? ""),
    check.maxAbsLogitDifference.toExponential(1),
  ]);
  const example = ratios[0]?.ratio ?? 0;
  const section = [
    "## Several ratios in one",
    `The weights are those of the largest ratio below, and each smaller model is a part of them: \`${NESTED_LISTS_FILE}\` lists what of the kept positions stays. ` +
      `\`AutoModelForCausalLM.from_pretrained("this folder", trust_remote_code=True, keep=${example})\` loads the one of ratio ${example}; without \`keep\` it is the largest. ` +
      `What follows from each is in \`${NESTED_FILE}\`.`,
    table(["keep", "block weights kept", "perplexity", "dense", "largest logit difference"], rows),
    "",
  ].join("\n\n");
  return textFile(card.name, `${new TextDecoder().decode(await collect(card)).trimEnd()}\n\n${section}`);
}
