// The compact form: cut weights under their original names, and the kept positions of every vector as I32 tensors (docs/formats.md).
import { CONFIG_FILE } from "../files/modelFiles.ts";
import { cutMatrix, cutShape, keptOf } from "../../masks/compact.ts";
import { moduleLists } from "../../masks/modules.ts";
import { indexTensorName, tensorGates } from "../../masks/tensorGates.ts";
import { compactConfig } from "./compactConfig.ts";
import {
  companionFiles,
  configWithDtype,
  exportDtype,
  openExportWeights,
  readRawConfig,
  type ExportSource,
} from "./exportFiles.ts";
import { exportRows } from "./exportRows.ts";
import { modelCodeFile } from "./modelCode.ts";
import { jsonFile, type OutputFile } from "../files/outputFile.ts";
import { fusedStreams } from "../safetensors/fused.ts";
import type { TensorStream, Weights } from "../safetensors/safetensors.ts";
import { weightsFiles } from "../safetensors/weightsFiles.ts";

/**
 * The files of the compact form: config.json, model.safetensors (or shards and their index), tokenizer, companion files and
 * modeling_espalier.py, with which transformers loads it. Shapes: q,k,v (dq, |s1|), o (|s2|, dq), gate,up (|s4|, |s3|),
 * down (|s5|, |s4|), and model.layers.{l}.espalier.s1 .. s5 with the kept positions, ascending. Weights keep their dtype unless
 * another is chosen. Equal sources and masks give equal bytes. Modules that add nothing have width 0 (`withoutIdleModules`).
 * Throws "shape" for masks of another model or an empty vector in any other module, "format" for weights that do not fit the config, "unsupported" for a
 * family that the Python file lacks.
 */
export async function exportCompact(source: ExportSource): Promise<OutputFile[]> {
  const { folder, config, dtype, shardBytes } = source;
  const weights = await openExportWeights(source);
  const lists = moduleLists(config, source.masks);
  const cut = weights.names.map((name) => cutTensor(weights, name, source, lists));
  const indices = lists.map((list, vector) => indexTensor(indexTensorName(config.family, vector), list));
  const counts = lists.map((list) => list.length);
  const json = configWithDtype(compactConfig(await readRawConfig(folder), counts), dtype);
  const weightFiles = weightsFiles([...fusedStreams(config, cut), ...indices], shardBytes);
  return [jsonFile(CONFIG_FILE, json), ...weightFiles, ...(await companionFiles(folder)), modelCodeFile()];
}

function cutTensor(
  weights: Weights,
  name: string,
  { config, dtype }: ExportSource,
  lists: readonly Uint32Array[],
): TensorStream {
  const { dtype: own, shape } = weights.info(name);
  const target = exportDtype(own, dtype);
  const gates = tensorGates(config.family, name);
  const kept = gates ? keptOf(gates, lists) : undefined;
  return {
    name,
    dtype: target,
    shape: kept ? cutShape(shape, kept) : shape,
    chunks: () => exportRows(weights, name, { kept, edit: cutMatrix, target }),
  };
}

/** An index list as a tensor. */
export function indexTensor(name: string, list: Uint32Array<ArrayBuffer>): TensorStream {
  return {
    name,
    dtype: "I32",
    shape: [list.length],
    chunks: () => [new Uint8Array(Int32Array.from(list).buffer)],
  };
}
