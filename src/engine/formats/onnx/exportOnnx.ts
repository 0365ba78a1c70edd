// The onnx form: the cut model as a graph of standard operators with a KV cache, for onnxruntime and transformers.js (docs/formats.md).
import { CONFIG_FILE } from "../files/modelFiles.ts";

import { EngineError } from "../../errors.ts";
import type { ModelConfig } from "../../config/config.ts";
import { moduleLists } from "../../masks/modules.ts";
import type { FloatDtype } from "../../dtype.ts";
import { companionFiles, configWithDtype, openExportWeights, readRawConfig } from "../export/exportFiles.ts";
import type { ExportSource } from "../export/exportFiles.ts";
import { jsonFile, type OutputFile } from "../files/outputFile.ts";
import type { Weights } from "../safetensors/safetensors.ts";
import { decoderGraph } from "./decoderGraph.ts";
import { externalData } from "./externalData.ts";
import { GraphBuilder } from "./graphBuilder.ts";
import { modelMessage, type OnnxGraph } from "./onnxProto.ts";
import { onnxDtype, onnxWeights } from "./onnxWeights.ts";
import { writeMessage } from "./protobuf.ts";
import { onnxSelection } from "./selection.ts";

/** Path where transformers.js looks for a model. */
export const ONNX_FILE = "onnx/model.onnx";

/** Protobuf refuses messages of 2 GiB; half a million bytes are reserved for what a reader adds. */
const FILE_LIMIT_BYTES = 2 ** 31 - 500_000;

interface OnnxSource extends ExportSource {
  /** Largest model.onnx with weights inside, and largest separate file of weights, in bytes. */
  fileLimitBytes?: number;
}

/**
 * config.json, onnx/model.onnx (with onnx/model.onnx_data, .onnx_data_1, ... above the limit), tokenizer and companion files.
 * Inputs: input_ids, attention_mask, position_ids (I64), past_key_values.{l}.key and .value (B, kvHeads, past, headDim) in float32.
 * Outputs: logits (B, T, V), present.{l}.key and .value, in float32. Positions must be below the model's context. The file stores
 * weights as F32 or F16, all arithmetic is float32 (see onnxDtype); by default F16 and F32 stay, and BF16 becomes F32, exactly.
 * Equal sources and masks give equal bytes, and a stream has one tensor in memory at a time.
 * Modules that add nothing have no nodes (`withoutIdleModules`), and their cache is zeros.
 * Throws "shape" for masks of another model or an empty vector in any other module, "format" for weights that do not fit the config, "unsupported" for BF16.
 */
export async function exportOnnx(source: OnnxSource): Promise<OutputFile[]> {
  const { folder, config, dtype, fileLimitBytes = FILE_LIMIT_BYTES } = source;
  if (dtype === "BF16") {
    throw new EngineError(
      "unsupported",
      "onnx: dtype: expected F32 or F16, got BF16. Few runtimes compute with BF16: choose another dtype for this form.",
    );
  }
  const weights = await openExportWeights(source);
  const lists = moduleLists(config, source.masks);
  const files = modelFiles(buildGraph(source, weights, lists), fileLimitBytes);
  const json = onnxConfig(await readRawConfig(folder), config, storedDtype(weights, dtype), files.length - 1);
  return [jsonFile(CONFIG_FILE, json), ...files, ...(await companionFiles(folder))];
}

function buildGraph(source: OnnxSource, weights: Weights, lists: readonly Uint32Array[]): OnnxGraph {
  const { config } = source;
  const graph = new GraphBuilder();
  const selection = onnxSelection(graph, config.family, config.dModel, lists);
  decoderGraph(graph, config, onnxWeights(graph, weights, source, lists), selection);
  return graph.build(config.modelType);
}

/** The model's file and, where it would be too large, separate files of its weights. */
function modelFiles(graph: OnnxGraph, limitBytes: number): OutputFile[] {
  const single = modelMessage(graph, new Map());
  const { locations, files } =
    single.sizeBytes <= limitBytes
      ? { locations: undefined, files: [] }
      : externalData(ONNX_FILE, graph.tensors, limitBytes);
  const message = locations ? modelMessage(graph, locations) : single;
  return [{ name: ONNX_FILE, sizeBytes: message.sizeBytes, stream: () => writeMessage(message) }, ...files];
}

/** The dtype to write into config.json where it differs from the source. */
function storedDtype(weights: Weights, chosen?: FloatDtype): FloatDtype | undefined {
  const widened = weights.names.some((name) => weights.info(name).dtype === "BF16");
  return chosen ?? (widened ? onnxDtype("BF16") : undefined);
}

/**
 * The base model's config with a section for transformers.js: to load model.onnx (on wasm its default is a quantised file), and how many
 * files of weights there are. transformers.js reads model_type and the shape of the cache from the rest.
 */
function onnxConfig(
  base: Record<string, unknown>,
  { kvHeads, headDim }: ModelConfig,
  dtype: FloatDtype | undefined,
  dataFiles: number,
): Record<string, unknown> {
  const external = dataFiles === 0 ? {} : { use_external_data_format: { "model.onnx": dataFiles } };
  return {
    ...configWithDtype(base, dtype),
    num_key_value_heads: kvHeads,
    head_dim: headDim,
    "transformers.js_config": { dtype: "fp32", ...external },
  };
}
