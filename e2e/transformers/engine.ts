// The engine's part of the transformers.js test: greedy text from a pruned model, and the same model written as ONNX.
import {
  Ctx,
  cutReader,
  exportOnnx,
  type FloatDtype,
  gateLayout,
  generate,
  Gpu,
  httpFolder,
  indexLists,
  loadModel,
  openModel,
  tuneMatmul,
} from "../../src/engine/index.ts";
import type { ServedFolder } from "../../src/cli/page/servedModel.ts";
import { httpTarget } from "../../src/cli/page/httpTarget.ts";

export interface PrunedRequest {
  model: ServedFolder;
  /** Writable address of the folder for the ONNX form. */
  out: string;
  dtype?: FloatDtype;
  /** Largest model.onnx that contains its weights, and largest separate file of weights, in bytes. */
  fileLimitBytes?: number;
  prompt: string;
  tokens: number;
}

/** Masks that cut every third position, starting differently in each vector: uneven widths, and lists that are not ranges. */
function someMasks(sizes: readonly number[]): Uint8Array<ArrayBuffer>[] {
  return sizes.map((size, vector) => Uint8Array.from({ length: size }, (_, i) => ((i + vector) % 3 === 0 ? 0 : 1)));
}

/** Writes the ONNX form of the pruned model and returns its greedy text. */
async function pruned({ model: served, out, prompt, tokens, ...form }: PrunedRequest): Promise<string> {
  const ctx = new Ctx(await Gpu.open());
  try {
    await ctx.gpu.checked("the first kernels", () => tuneMatmul(ctx));
    const opened = await openModel(ctx, httpFolder(served.name, served.url, served.files));
    const { config, weights, tokenizer, folder } = opened;
    const masks = someMasks(gateLayout(config).sizes);
    const lists = indexLists(masks);
    const compact = await loadModel(ctx, config, cutReader(weights, config.family, lists), { lists });
    const ids: number[] = [];
    const options = { tokens, temperature: 0, seed: 0 };
    for await (const id of generate(ctx, compact, tokenizer.encode(prompt), options)) ids.push(id);
    const target = httpTarget("onnx", out);
    for (const file of await exportOnnx({ folder, config, masks, ...form })) await target.write(file);
    return tokenizer.decode(ids);
  } finally {
    ctx.gpu.destroy();
  }
}

declare global {
  interface Window {
    pruned: typeof pruned;
  }
}
window.pruned = pruned;
