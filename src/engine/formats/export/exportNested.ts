// The nested form: the compact model of the largest ratio, and index lists that cut the smaller models out of it (docs/formats.md).
import type { ModelConfig } from "../../config/config.ts";
import { budgetOf, countsOf, keptWeights } from "../../masks/budget.ts";
import { byBlock, type Masks } from "../../masks/gates.ts";
import { listsInside } from "../../masks/nestedness.ts";
import { indexTensorName } from "../../masks/tensorGates.ts";
import { percentOf, table } from "../card/cardParts.ts";
import { indexTensor } from "./exportCompact.ts";
import type { LogitSample } from "../receipt/logitSample.ts";
import { collect, jsonFile, type OutputFile, textFile } from "../files/outputFile.ts";
import type { FormCheck, PerplexityPair, Share } from "../receipt/receiptTypes.ts";
import { safetensorsLayout, type TensorStream, writeSafetensors } from "../safetensors/safetensors.ts";

export const NESTED_FILE = "nested.json";
export const NESTED_LISTS_FILE = "nested.safetensors";
/** Version of the nested form; readers refuse any other. */
export const NESTED_FORMAT = 1;

/** One ratio of a nested model in nested.json. */
export interface NestedRatio {
  /** The requested ratio; `blockWeights` has the one that was reached. */
  ratio: number;
  /** Prefix of the names of its lists. */
  name: string;
  blockWeights: Share;
  /** |s1| .. |s5| of every block. */
  widths: number[][];
  perplexity: PerplexityPair[];
  /** The model that the lists cut out of the largest, compared with the masked model. */
  check: Omit<FormCheck, "form" | "dtype">;
  /** Some logits of the masked model. */
  sample: LogitSample;
}

/** nested.json: ratios in ascending order; the last is the complete compact model. */
interface Nested {
  format: typeof NESTED_FORMAT;
  program: { name: "Espalier"; version: string };
  ratios: (Omit<NestedRatio, "ratio"> & { keep: number })[];
}

/** "keep-0.50": at least two decimals, and more where the ratio has more. */
export function ratioName(ratio: number): string {
  const two = ratio.toFixed(2);
  return `keep-${Number(two) === ratio ? two : ratio}`;
}

/** The name of the list of vector 5 * block + k in nested.safetensors: keep-0.50.model.layers.0.espalier.s1. */
export function nestedTensorName(ratio: number, config: Pick<ModelConfig, "family">, vector: number): string {
  return `${ratioName(ratio)}.${indexTensorName(config.family, vector)}`;
}

/**
 * nested.safetensors: for each ratio the positions of its kept gates among the kept gates of `largest`, ascending, in I32.
 * Throws "shape" for masks that keep a gate which `largest` does not.
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

/** What masks keep, as fields of nested.json. */
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

/** The model card of the largest model with a section on the smaller ones. */
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
    `The weights are those of the largest ratio below, and every smaller model is a part of them: \`${NESTED_LISTS_FILE}\` lists which of the kept positions it uses. ` +
      `\`AutoModelForCausalLM.from_pretrained("this folder", trust_remote_code=True, keep=${example})\` loads ratio ${example}; without \`keep\` it loads the largest. ` +
      `\`${NESTED_FILE}\` has the widths and measurements of every ratio.`,
    table(["keep", "block weights kept", "perplexity", "dense", "largest logit difference"], rows),
    "",
  ].join("\n\n");
  return textFile(card.name, `${new TextDecoder().decode(await collect(card)).trimEnd()}\n\n${section}`);
}
