// The selection vectors in a graph (METHOD.md 1.1): Gather before the matrices that read, ScatterElements after those that write.
import { VECTORS_PER_BLOCK } from "../../../shared/vectors.ts";
import { indexTensorName } from "../../masks/tensorGates.ts";
import type { Family } from "../../config/config.ts";
import type { GraphBuilder, Value } from "./graphBuilder.ts";

/** The selection vectors of one model. `k` is 0 .. 4 for s1 .. s5; `width` is the width of the residual stream. */
export interface OnnxSelection {
  /** (B, T, width) -> (B, T, |s|): the kept positions; x itself where the vector keeps everything. */
  enter(x: Value, block: number, k: number): Value;
  /** Whether nothing is kept of a module; vector k is its output. */
  dropped(block: number, k: number): boolean;
  /** residual (B, T, width) + update (B, T, |s|) at the kept positions. */
  leave(residual: Value, update: Value, block: number, k: number): Value;
}

export function onnxSelection(
  graph: GraphBuilder,
  family: Family,
  width: number,
  lists: readonly Uint32Array[],
): OnnxSelection {
  const listOf = (block: number, k: number): Uint32Array => lists[block * VECTORS_PER_BLOCK + k] ?? new Uint32Array();
  const nameOf = (block: number, k: number): string => indexTensorName(family, block * VECTORS_PER_BLOCK + k);
  return {
    enter(x, block, k) {
      const list = listOf(block, k);
      if (list.length === width) return x;
      return graph.op("Gather", [x, graph.indices(nameOf(block, k), list)], { axis: -1 });
    },
    dropped: (block, k) => listOf(block, k).length === 0,
    leave(residual, update, block, k) {
      const list = listOf(block, k);
      if (list.length === width) return graph.op("Add", [residual, update]);
      // ScatterElements needs one index per element that it writes.
      const indices = graph.indices(nameOf(block, k), list, [1, 1, list.length]);
      const everywhere = graph.op("Expand", [indices, graph.op("Shape", [update])]);
      return graph.op("ScatterElements", [residual, everywhere, update], { axis: -1, reduction: "add" });
    },
  };
}
