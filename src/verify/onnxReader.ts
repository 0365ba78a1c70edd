// onnxruntime-web as the reader that checks the ONNX form of an export.
import type { FormReader } from "../engine/index.ts";
import { openOnnx } from "./onnxModel.ts";

/** How many tokens at the end are computed one at a time, with the KV cache. */
const DECODED = 8;

/** Computes the logits twice: all at once, and the last tokens with the KV cache. Throws what `openOnnx` throws. */
export const onnxReader: FormReader = async (folder, cancelled) => {
  const model = await openOnnx(folder, { cancelled });
  return {
    runtime: `${model.runtime} (wasm)`,
    version: model.version,
    logits: async (ids) => [await model.forward(ids), await model.decode(ids, Math.max(1, ids.length - DECODED))],
    close: () => model.close(),
  };
};
