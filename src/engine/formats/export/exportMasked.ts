// The masked form: original shapes with zeroed rows and columns. Computes exactly the pruned model and loads anywhere (docs/formats.md).
import { CONFIG_FILE } from "../files/modelFiles.ts";
import { indexLists, keptOf, zeroMatrix } from "../../masks/compact.ts";
import { tensorGates } from "../../masks/tensorGates.ts";
import type { Dtype } from "../../dtype.ts";
import {
  companionFiles,
  copiedConfig,
  configWithDtype,
  exportDtype,
  openExportWeights,
  readRawConfig,
  type ExportSource,
  type ExportModel,
} from "./exportFiles.ts";
import { peftFiles } from "./peftAdapter.ts";
import { exportRows } from "./exportRows.ts";
import { jsonFile, type OutputFile } from "../files/outputFile.ts";
import { fusedStreams, fusedTensors } from "../safetensors/fused.ts";
import type { TensorStream, Weights } from "../safetensors/safetensors.ts";
import { weightsFiles } from "../safetensors/weightsFiles.ts";

/**
 * The files of the masked form: config.json, model.safetensors (or shards and their index), tokenizer and companion files, and the low-rank
 * adapters of a recovery that trained some. Weights keep their dtype unless another is chosen. Kept weights are bit for bit the same, pruned
 * ones are +0. Equal sources and masks give equal bytes.
 * Throws "shape" for masks of another model, "format" for weights that do not fit the config.
 */
export async function exportMasked(source: ExportSource): Promise<OutputFile[]> {
  const weights = await openExportWeights(source);
  const lists = indexLists(source.masks);
  const files = await sameShapes(source, weights, (name, target) => {
    const gates = tensorGates(source.config.family, name);
    return exportRows(weights, name, { kept: gates && keptOf(gates, lists), edit: zeroMatrix, target });
  });
  return [...files, ...(source.adapter ? peftFiles(source.adapter, fusedTensors(source.config)) : [])];
}

/** The files of `folder` with all tensors in their shapes; `chunksOf` returns a tensor's bytes in the dtype `target`. */
export async function sameShapes(
  { folder, config, dtype, shardBytes }: ExportModel,
  weights: Weights,
  chunksOf: (name: string, target: Dtype) => ReturnType<TensorStream["chunks"]>,
): Promise<OutputFile[]> {
  const tensors = weights.names.map((name): TensorStream => {
    const { dtype: own, shape } = weights.info(name);
    const target = exportDtype(own, dtype);
    return { name, dtype: target, shape, chunks: () => chunksOf(name, target) };
  });
  const configFile = dtype
    ? jsonFile(CONFIG_FILE, configWithDtype(await readRawConfig(folder), dtype))
    : await copiedConfig(folder);
  return [configFile, ...weightsFiles(fusedStreams(config, tensors), shardBytes), ...(await companionFiles(folder))];
}
