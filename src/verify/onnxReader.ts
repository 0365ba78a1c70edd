// onnxruntime-web as the reader that checks the ONNX form of an export.
import { type FormReader, readConfig, readJson } from "../engine/index.ts";
import { openOnnx } from "./onnxModel.ts";

/** How many tokens at the end are computed one at a time, with the KV cache. */
const DECODED = 8;

/** Computes the logits twice: all at once, and the last tokens with the KV cache. Throws what `openOnnx` throws. */
export const onnxReader: FormReader = async (folder, cancelled) => {
  const { rope } = readConfig(await readJson(await folder.open("config.json")));
  const original = rope?.scaling?.type === "longrope" ? rope.scaling.originalContext : Infinity;
  const model = await openOnnx(folder, { cancelled });
  return {
    runtime: `${model.runtime} (wasm)`,
    version: model.version,
    logits: async (ids) => [await model.forward(ids), await model.decode(ids, promptOf(ids.length, original))],
    close: () => model.close(),
  };
};

/**
 * How many tokens are computed at once before the others. With longrope, keys in the cache keep the frequencies of the pass that made them, in
 * transformers too, so decoding equals one pass over all only if the prompt is longer than the original context as well.
 */
function promptOf(tokens: number, originalContext: number): number {
  const prompt = Math.max(1, tokens - DECODED);
  return tokens > originalContext ? Math.max(prompt, originalContext + 1) : prompt;
}
