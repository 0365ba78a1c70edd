// Models without data, for memory plans: tensors of the right shapes on a device that only counts.
import type { ModelConfig } from "../config/modelConfig.ts";
import { modelTensors } from "../config/tensors.ts";
import type { Ctx } from "../ctx.ts";
import { elementCount, type WeightStorage } from "../dtype.ts";
import { decoderLoss } from "../model/decoder.ts";
import { loadModel, type Model, type WeightReader } from "../model/load.ts";
import { type FileDtypes, plannedStorage, precisionOfStorage } from "../model/matrixStorage.ts";

/** Weights of 0 in the shapes of the config. */
export function emptyWeights(config: ModelConfig): WeightReader {
  const shapes = new Map(modelTensors(config).map(({ name, shape }) => [name, shape]));
  return {
    has: (name) => shapes.has(name),
    info: (name) => ({ shape: shapes.get(name) ?? [] }),
    readFloat32: (name) => Promise.resolve(new Float32Array(elementCount(shapes.get(name) ?? []))),
  };
}

interface EmptyOptions {
  /** How matrices are stored. */
  precision: WeightStorage;
  /** Element types of the file, where they are stored as there. */
  dtypes?: FileDtypes | undefined;
  /** Of a compact model, with the reader that cuts to them. */
  lists?: readonly Uint32Array[];
  reader?: WeightReader;
}

/** A model with tensors of the right shapes and no data. */
export function emptyModel(
  ctx: Ctx,
  config: ModelConfig,
  { reader, precision: stored, dtypes = {}, ...options }: EmptyOptions,
): Promise<Model> {
  const precision = precisionOfStorage(stored);
  const storage = plannedStorage(stored, config, dtypes);
  return loadModel(ctx, config, reader ?? emptyWeights(config), { ...options, precision, storage, empty: true });
}

/** One window of `tokens` tokens, as perplexity measures it. */
export function evaluateOnce(ctx: Ctx, model: Model, tokens: number): void {
  ctx.step(() => {
    const ids = ctx.upload(new Uint32Array(tokens), [tokens], "window");
    return decoderLoss(ctx, model, ids, { selection: model.selection });
  });
}
