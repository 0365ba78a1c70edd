// Uploads a model's weights, found by its family's tensor names, and the index lists of a compact model.
import { S1, S2, S3, S5, VECTORS_PER_BLOCK } from "../../shared/vectors.ts";
import type { Ctx } from "../ctx.ts";
import type { OpeningDtype } from "../dtype.ts";
import { invariant } from "../errors.ts";
import { type KeptColumns, placesOf } from "../ops/kit/keptColumns.ts";
import type { Precision } from "../tensor.ts";
import type { ModelConfig } from "../config/config.ts";
import { attentionOf, ropesOf } from "../config/modelConfig.ts";
import type { BlockWeights, DecoderWeights } from "./decoderWeights.ts";
import { FAMILIES } from "../config/families/families.ts";
import { type BlockColumns, compact, DENSE, type Selection } from "./selection.ts";
import { RopeTables } from "./ropeTables.ts";
import { modelTensors } from "../config/tensors.ts";
import type { MatrixStorage } from "./matrixStorage.ts";
import { type WeightReader, WeightUploads } from "./weightUploads.ts";

export type { WeightReader } from "./weightUploads.ts";

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
  const { lists, onProgress, precision = "f32", storage, quantised, chunkValues, empty = false } = options;
  invariant(!storage || !lists, "bug", "a compact model cuts blocks, so its matrices cannot be stored as in the file");
  const uploads = new WeightUploads(ctx, reader, {
    expected: new Set(modelTensors(config).map(({ name }) => name)),
    padTo: paddingOf(config, lists !== undefined),
    precision,
    storage,
    empty,
    ...(chunkValues ? { chunkValues } : {}),
    ...(onProgress ? { onProgress } : {}),
  });
  try {
    return await ctx.gpu.checked("the model's weights", async () => {
      const weights = await decoderWeights(uploads, config);
      const selection = lists
        ? compact(weights.blocks.map((_, l) => blockColumns(uploads, lists, l, config.dModel)))
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

async function decoderWeights(uploads: WeightUploads, config: ModelConfig): Promise<DecoderWeights> {
  const { names } = FAMILIES[config.family];
  const embedding = await uploads.table(`${names.embedding}.weight`);
  const positions =
    names.positions && (await uploads.tableFrom(`${names.positions.name}.weight`, names.positions.unusedRows));
  const projectIn = await uploads.plain(names.projectIn);
  const ropes = new Map(
    ropesOf(config).map((rope) => [rope, new RopeTables(rope, config, (...table) => uploads.upload(...table))]),
  );
  const blocks: BlockWeights[] = [];
  for (let l = 0; l < config.layers; l++) {
    const { rope } = attentionOf(config, l);
    const tables = rope && ropes.get(rope);
    blocks.push({
      ...(await blockWeights(uploads, config, `${names.layers}${l}.`)),
      ...(tables ? { rope: tables } : {}),
    });
  }
  const norm = await uploads.norm(names.finalNorm, config.design.normShift, config.logitsScale);
  const projectOut = await uploads.plain(names.projectOut);
  const head = config.tiedHead ? embedding : await uploads.table(`${names.head}.weight`);
  return {
    embedding,
    ...(positions ? { positions } : {}),
    ...(projectIn ? { projectIn } : {}),
    blocks,
    ...(norm ? { norm } : {}),
    ...(projectOut ? { projectOut } : {}),
    head: {
      weight: head,
      ...(await uploads.plainBias(names.head)),
      ...(config.logitsCap === undefined ? {} : { cap: config.logitsCap }),
    },
    ropes: [...ropes.values()],
  };
}

async function blockWeights(uploads: WeightUploads, config: ModelConfig, at: string): Promise<BlockWeights> {
  const { names } = FAMILIES[config.family];
  const { normShift, qkNorm } = config.design;
  const attentionNorm = await uploads.norm(at + names.attentionNorm, normShift);
  invariant(attentionNorm, "bug", `${at}${names.attentionNorm} is not among the family's tensors`);
  const qkv = await uploads.linear(at + names.q, at + names.k, at + names.v);
  const headNorms =
    qkNorm && names.qNorm !== undefined && names.kNorm !== undefined
      ? await uploads.stacked([`${at}${names.qNorm}.weight`, `${at}${names.kNorm}.weight`], normShift)
      : undefined;
  const o = await uploads.linear(at + names.o);
  const attentionPostNorm = await uploads.norm(names.attentionPostNorm && at + names.attentionPostNorm, normShift);
  const mlpNorm = await uploads.norm(names.mlpNorm && at + names.mlpNorm, normShift);
  const mlpPostNorm = await uploads.norm(names.mlpPostNorm && at + names.mlpPostNorm, normShift);
  return {
    attentionNorm,
    qkv,
    ...(headNorms ? { headNorms } : {}),
    o,
    ...(attentionPostNorm ? { attentionPostNorm } : {}),
    ...(mlpNorm ? { mlpNorm } : {}),
    ...(mlpPostNorm ? { mlpPostNorm } : {}),
    up: await uploads.linear(...names.ups.map((name) => at + name)),
    down: await uploads.linear(at + names.down),
  };
}

function blockColumns(
  uploads: WeightUploads,
  lists: readonly Uint32Array[],
  block: number,
  dModel: number,
): BlockColumns {
  const columns = (k: number): KeptColumns => {
    const name = `s${k + 1} of block ${block}`;
    const kept = lists[VECTORS_PER_BLOCK * block + k];
    invariant(kept, "bug", `no index list for ${name}`);
    const index = padIndices(kept, uploads.padded(kept.length));
    return {
      index: uploads.upload(name, [index.length], index),
      places: uploads.upload(`places of ${name}`, [dModel], placesOf(index, dModel)),
    };
  };
  return { s1: columns(S1), s2: columns(S2), s3: columns(S3), s5: columns(S5) };
}

/** Pads an index list to `length` with dimensions that are not kept, so that indices stay distinct; their weights are zero. */
function padIndices(kept: Uint32Array, length: number): Uint32Array<ArrayBuffer> {
  const used = new Set(kept);
  const out = [...kept];
  for (let i = 0; out.length < length; i++) if (!used.has(i)) out.push(i);
  return Uint32Array.from(out);
}
