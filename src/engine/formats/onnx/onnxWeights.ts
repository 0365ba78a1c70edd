// The weights of the source as constants of the graph: cut by the masks, in a dtype that all runtimes support, in MatMul's layout.
import { invariant } from "../../errors.ts";
import { cutMatrix, cutShape, keptOf } from "../../masks/compact.ts";
import { tensorGates } from "../../masks/tensorGates.ts";
import { dtypeBytes, elementCount, isFloatDtype, type FloatDtype } from "../../dtype.ts";
import { converted, type ExportSource } from "../export/exportFiles.ts";
import { exportRows } from "../export/exportRows.ts";
import type { Weights } from "../safetensors/safetensors.ts";
import type { GraphBuilder, Value } from "./graphBuilder.ts";
import { DATA_TYPES } from "./onnxProto.ts";
import { transposedChunks } from "./transpose.ts";

/** Element types of weights in an ONNX file. */
type OnnxWeightDtype = "F32" | "F16";

/** Adds weights to the graph by their names in the source. The returned values are always float32. */
export interface OnnxWeights {
  /** A linear weight, stored (out, in), as (in, out): the right side of MatMul. */
  matrix(name: string): Value;
  /** A vector, such as a norm's weight. */
  vector(name: string): Value;
  /** Rows of a table (rows, columns), selected by `ids`, an I64 value of any shape: (...ids' shape, columns). */
  rows(name: string, ids: Value): Value;
  /** A table that `rows` has added, as (columns, rows): for a head tied to the embedding. */
  transposedTable(name: string): Value;
}

/**
 * The dtype in the file. F16 weights stay F16 and the graph casts them to float32: CPU and wasm runtimes lack half-precision kernels, but
 * all have Cast and fold it into the weights on loading. So all arithmetic is float32, the same on every device.
 * BF16 has the range of float32 and hardly any kernels: it is stored as F32, exactly.
 */
export function onnxDtype(own: FloatDtype, chosen?: FloatDtype): OnnxWeightDtype {
  return (chosen ?? own) === "F16" ? "F16" : "F32";
}

export function onnxWeights(
  graph: GraphBuilder,
  weights: Weights,
  { config, dtype }: ExportSource,
  lists: readonly Uint32Array[],
): OnnxWeights {
  const add = (name: string, transposed: boolean): { value: Value; dtype: OnnxWeightDtype } => {
    const { dtype: own, shape } = weights.info(name);
    invariant(
      isFloatDtype(own),
      "format",
      `${name}: dtype: expected F32, F16 or BF16, got ${own}. Convert the weights to one of these.`,
    );
    const target = onnxDtype(own, dtype);
    const gates = tensorGates(config.family, name);
    const kept = gates ? keptOf(gates, lists) : undefined;
    const cut = kept ? cutShape(shape, kept) : shape;
    const [rows = 0, columns = 0] = cut;
    const data = {
      sizeBytes: elementCount(cut) * dtypeBytes(target),
      async *chunks() {
        if (!transposed) return yield* exportRows(weights, name, { kept, edit: cutMatrix, target });
        const bytes = await weights.readBytes(name);
        const remaining = kept ? cutMatrix(bytes, own, shape, kept) : bytes;
        for (const chunk of transposedChunks(remaining, { rows, columns, elementBytes: dtypeBytes(own) }))
          yield converted(chunk, own, target, name);
      },
    };
    const value = graph.tensor({ name, dtype: target, shape: transposed ? [columns, rows] : cut, data });
    return { value, dtype: target };
  };
  const asFloat32 = (value: Value, stored: OnnxWeightDtype): Value =>
    stored === "F32" ? value : graph.op("Cast", [value], { to: DATA_TYPES.F32 });
  const tables = new Map<string, OnnxWeightDtype>();
  return {
    matrix: (name) => {
      const { value, dtype: stored } = add(name, true);
      return asFloat32(value, stored);
    },
    vector: (name) => {
      const { value, dtype: stored } = add(name, false);
      return asFloat32(value, stored);
    },
    rows: (name, ids) => {
      const { value, dtype: stored } = add(name, false);
      tables.set(name, stored);
      return asFloat32(graph.op("Gather", [value, ids], { axis: 0 }), stored);
    },
    transposedTable: (name) => graph.op("Transpose", [asFloat32(name, tables.get(name) ?? "F32")], { perm: [1, 0] }),
  };
}
