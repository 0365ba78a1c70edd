// Inputs and outputs of every decoder, with the names of transformers.js: tokens, masks, positions and the KV cache.
import type { ModelConfig } from "../../config/config.ts";
import type { GraphBuilder, Value } from "./graphBuilder.ts";
import { DATA_TYPES } from "./onnxProto.ts";

/** transformers.js recognises this name; in its first, empty cache, dimensions with other names are 0. */
const BATCH = "batch_size";
const SEQUENCE = "sequence_length";
const PAST = "past_sequence_length";
const TOTAL = "total_sequence_length";

/** Added to masked scores: the lowest float32, with which a completely masked row stays finite. */
const MASKED_SCORE = -3.4028234663852886e38;

export interface PastKv {
  /** (B, kvHeads, past, headDim) */
  key: Value;
  value: Value;
}

export interface DecoderInputs {
  /** I64 (B, T) */
  ids: Value;
  /** I64 (B, past + T): 1 for tokens, 0 for padding. */
  attentionMask: Value;
  /** I64 (B, T) */
  positions: Value;
  past: readonly PastKv[];
}

export function decoderInputs(graph: GraphBuilder, { layers, kvHeads, headDim }: ModelConfig): DecoderInputs {
  const ids = graph.input("input_ids", "I64", [BATCH, SEQUENCE]);
  const attentionMask = graph.input("attention_mask", "I64", [BATCH, TOTAL]);
  const positions = graph.input("position_ids", "I64", [BATCH, SEQUENCE]);
  const cache = [BATCH, kvHeads, PAST, headDim];
  const past = Array.from({ length: layers }, (_, l) => ({
    key: graph.input(`past_key_values.${l}.key`, "F32", cache),
    value: graph.input(`past_key_values.${l}.value`, "F32", cache),
  }));
  return { ids, attentionMask, positions, past };
}

/** Names of the cache outputs of block l; `decoderOutputs` declares them. */
export function presentNames(l: number): PastKv {
  return { key: `present.${l}.key`, value: `present.${l}.value` };
}

export const LOGITS = "logits";

export function decoderOutputs(graph: GraphBuilder, { layers, kvHeads, headDim, vocab }: ModelConfig): void {
  graph.output(LOGITS, "F32", [BATCH, SEQUENCE, vocab]);
  for (let l = 0; l < layers; l++) {
    const { key, value } = presentNames(l);
    graph.output(key, "F32", [BATCH, kvHeads, TOTAL, headDim]);
    graph.output(value, "F32", [BATCH, kvHeads, TOTAL, headDim]);
  }
}

/**
 * Bias of the scores, (B, 1, group T, past + T): 0 where a key is at or before the query, within its window and not padding, otherwise
 * MASKED_SCORE. window: keys that a query sees at most. The queries of the `group` heads that share a KV head follow each other, as in `attentionNodes`.
 */
export function causalBias(
  graph: GraphBuilder,
  { ids, attentionMask, past }: DecoderInputs,
  { heads, kvHeads }: ModelConfig,
  window?: number,
): Value {
  const group = heads / kvHeads;
  graph.section("mask");
  const size = (value: Value, axis: number): Value =>
    graph.op("Gather", [graph.op("Shape", [value]), graph.int(axis)], { axis: 0 });
  const before = size(past[0]?.key ?? "", 2);
  const total = graph.op("Add", [before, size(ids, 1)]);
  const queries = graph.op("Unsqueeze", [graph.op("Range", [before, total, graph.int(1)]), graph.ints(1)]);
  const keys = graph.op("Unsqueeze", [graph.op("Range", [graph.int(0), total, graph.int(1)]), graph.ints(0)]);
  let causal = graph.op("LessOrEqual", [keys, queries]);
  if (window !== undefined) {
    const first = graph.op("Sub", [queries, graph.int(window)]);
    causal = graph.op("And", [causal, graph.op("Greater", [keys, first])]);
  }
  const counts = graph.op("Cast", [attentionMask], { to: DATA_TYPES.BOOL });
  const allowed = graph.op("And", [causal, graph.op("Unsqueeze", [counts, graph.ints(1, 2)])]);
  const bias = graph.op("Where", [allowed, graph.float(0), graph.float(MASKED_SCORE)]);
  return group === 1 ? bias : graph.op("Concat", new Array<Value>(group).fill(bias), { axis: 2 });
}
