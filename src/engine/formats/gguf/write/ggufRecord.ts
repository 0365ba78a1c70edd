// What a GGUF export is, and what its receipt says of the file beside its bytes.
import type { ModelConfig } from "../../../config/config.ts";
import { blockLinears } from "../../../config/tensors.ts";
import type { WeightType } from "../../../dtype.ts";
import type { OutputFile } from "../../files/outputFile.ts";
import type { GgufRecord } from "../../receipt/receiptTypes.ts";
import type { StoredModel } from "../readGgufExport.ts";
import { type GgufTensorStream, tensorBytes } from "./ggufFile.ts";
import type { BlockSizes } from "./ggufMetadata.ts";
import type { GgufType } from "./quantize.ts";

export interface GgufExport {
  files: OutputFile[];
  /** Element type of most matrices. */
  type: WeightType;
  record: GgufRecord;
  /** What the file stores, made without it: to compare the file with. */
  stored: StoredModel;
}

/** Widths of the dense model. */
export const fullBlocks = ({ layers, heads, kvHeads, dMlp }: ModelConfig): BlockSizes[] =>
  Array.from({ length: layers }, () => ({ heads, kvHeads, mlp: dMlp }));

/** Counts what the file stores. added: MLP dimensions of zeros in all blocks. notes: full sentences. */
export function ggufRecord(
  config: ModelConfig,
  { architecture, blocks, added }: { architecture: string; blocks: readonly BlockSizes[]; added: number },
  notes: readonly string[],
): GgufRecord {
  const weightsOf = (...roles: readonly string[]): number =>
    blockLinears(config)
      .filter(({ role }) => roles.includes(role))
      .reduce((sum, { shape }) => sum + shape[0] * shape[1], 0);
  const [attention, mlp] = [weightsOf("q", "k", "v", "o"), weightsOf("up", "down")];
  const kept = blocks.map((block) => (block.heads === 0 ? 0 : attention) + (mlp * block.mlp) / config.dMlp);
  return {
    architecture,
    notes,
    blockWeights: { kept: kept.reduce((sum, n) => sum + n, 0), of: config.layers * (attention + mlp) },
    addedDimensions: added,
    withoutAttention: blocks.filter(({ heads }) => heads === 0).length,
  };
}

/** What llama.cpp does not know: a window of attention that is shorter than the context. */
export function windowNote({ context, window }: ModelConfig): string[] {
  if (window === undefined || window >= context) return [];
  return [
    `The base model attends to the last ${window} tokens, llama.cpp to all; the file states a context of ${window}, within which they are equal.`,
  ];
}

/** Matrices that are not stored in the chosen type. */
export function typeNotes(tensors: readonly GgufTensorStream[], type: GgufType): string[] {
  const others = tensors.filter((tensor) => tensor.shape.length > 1 && tensor.type !== type);
  if (others.length === 0) return [];
  const bytes = others.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  return [
    `${others.length} of the matrices are in ${kindsOf(others)} instead of ${type} (${bytes} bytes): ${some(others.map(({ name }) => name))}.`,
  ];
}

/** The element types of tensors, in words. */
export const kindsOf = (tensors: readonly GgufTensorStream[]): string =>
  [...new Set(tensors.map(({ type }) => type))].join(" and ");

/** A few names, and whether there are more. */
export const some = (names: readonly string[]): string =>
  `${names.slice(0, 3).join(", ")}${names.length > 3 ? " and others" : ""}`;
