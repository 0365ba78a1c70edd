// onnxruntime-web as the reader of the ONNX form that an export's check asks for.
import type { FormReader } from "../engine/index.ts";
import { openOnnx } from "./onnxModel.ts";

/** Tokens at the end that are computed one at a time, by the KV cache. */
const DECODED = 8;

/** Logits at once, and with the last tokens by the KV cache. Throws what `openOnnx` throws. */
export const onnxReader: FormReader = async (folder, cancelled) => {
  const model = await openOnnx(folder, { cancelled });
  return {
    runtime: `${model.runtime} (wasm)`,
    version: model.version,
    logits: async (ids) => [await model.forward(ids), await model.decode(ids, Math.max(1, ids.length - DECODED))],
    close: () => model.close(),
  };
};
