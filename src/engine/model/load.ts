// Uploads a model's weights, and the index lists of a compact model.
import type { Ctx } from "../ctx.ts";
import type { OpeningDtype } from "../dtype.ts";
import { invariant } from "../errors.ts";
import type { Precision } from "../tensor.ts";
import type { ModelConfig } from "../config/config.ts";
import type { BlockWeights, DecoderWeights } from "./decoderWeights.ts";
import { compact, DENSE, type Selection } from "./selection.ts";
import { modelTensors } from "../config/tensors.ts";
import type { MatrixStorage } from "./matrixStorage.ts";
import { uploadColumns, uploadBlock, uploadInput, uploadOutput, uploadRopes } from "./uploadedParts.ts";
import { WeightUploads } from "./weightUploads.ts";
import type { WeightReader } from "./tensorReads.ts";

export type { WeightReader } from "./tensorReads.ts";

/** A model on the GPU, ready to run. */
export interface Model {
  readonly config: ModelConfig;
  readonly weights: DecoderWeights;
  /** Precision of its matrices on the GPU, and of copies that are cut or changed. Matrices that are stored as in a file have all its values: f32. */
  readonly precision: Precision;
  /** Set where the matrices were quantised when the model was opened: their values are then not those of the file. */
  readonly quantised?: OpeningDtype | undefined;
  /** DENSE for a model with all its weights; gathers and scatters for a compact one. */
  readonly selection: Selection;
  readonly gpuBytes: number;
  free(): void;
}

export interface LoadOptions {
  /** Precision of the matrices; default f32. "f16" halves their memory and rounds them to 11 bits; arithmetic stays f32. */
  precision?: Precision;
  /** How matrices are stored that are as in their file; `precision` is then that of copies. Not for a compact model, which cuts blocks. */
  storage?: MatrixStorage | undefined;
  /** What the matrices were quantised to on opening. */
  quantised?: OpeningDtype | undefined;
  /** Allocates the matrices without reading them, for memory plans. */
  empty?: boolean;
  /** Values that are read at a time; default: 8 MB of f32. */
  chunkValues?: number;
  /** For a compact model: the index lists of its 5L vectors. */
  lists?: readonly Uint32Array[];
  /** Called with the number of values read and the total; may throw to cancel. */
  onProgress?: (done: number, of: number) => void;
}

/** The fast matmuls need widths that are multiples of 4: the kept widths of a compact model are padded with weights of zero. */
const PAD = 4;

/** Heights and widths of a model's linear layers are padded to multiples of this. */
export const paddingOf = ({ dModel }: ModelConfig, compact: boolean): number =>
  compact && dModel % PAD === 0 ? PAD : 1;

/** Reads every tensor once and uploads it, a few rows at a time; frees everything if that fails. Throws "unsupported" for a weight that f16 cannot represent. */
export async function loadModel(
  ctx: Ctx,
  config: ModelConfig,
  reader: WeightReader,
  options: LoadOptions = {},
): Promise<Model> {
  const { lists, precision = "f32", quantised } = options;
  const uploads = weightUploads(ctx, config, reader, options);
  try {
    return await ctx.gpu.checked("the model's weights", async () => {
      const weights = await decoderWeights(uploads, config);
      const selection = lists
        ? compact(weights.blocks.map((_, l) => uploadColumns(uploads, lists, l, config.dModel)))
        : DENSE;
      const { gpuBytes } = uploads;
      const freeShapes = lists ? ctx.shapesFromHere() : undefined;
      const free = (): void => {
        uploads.free();
        freeShapes?.();
      };
      return { config, weights, precision, quantised, selection, gpuBytes, free };
    });
  } catch (error) {
    uploads.free();
    throw error;
  }
}

/** Uploads the tensors that the config describes, as the options say. */
export function weightUploads(
  ctx: Ctx,
  config: ModelConfig,
  reader: WeightReader,
  { lists, onProgress, precision = "f32", storage, chunkValues, empty = false }: LoadOptions,
): WeightUploads {
  invariant(!storage || !lists, "bug", "a compact model cuts blocks, so its matrices cannot be stored as in the file");
  return new WeightUploads(ctx, reader, {
    expected: new Set(modelTensors(config).map(({ name }) => name)),
    padTo: paddingOf(config, lists !== undefined),
    precision,
    storage,
    empty,
    ...(chunkValues ? { chunkValues } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
}

async function decoderWeights(uploads: WeightUploads, config: ModelConfig): Promise<DecoderWeights> {
  const ropes = uploadRopes(uploads, config);
  const first = await uploadInput(uploads, config);
  const blocks: BlockWeights[] = [];
  for (let l = 0; l < config.layers; l++) blocks.push(await uploadBlock(uploads, config, ropes, l));
  return {
    ...first,
    blocks,
    ...(await uploadOutput(uploads, config, first.embedding)),
    ropes: [...ropes.values()],
  };
}
