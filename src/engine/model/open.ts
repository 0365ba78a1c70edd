// Opens a model's folder: checks config, weights and tokenizer against each other, then uploads the weights.
import type { Ctx } from "../ctx.ts";
import { EngineError, invariant } from "../errors.ts";
import { type FloatDtype, isFloatDtype, quantisedOnOpening, TAKE_FLOATS, type WeightStorage } from "../dtype.ts";
import { type Folder, readJson } from "../formats/files/folder.ts";
import type { LowRankAdapter } from "../formats/export/peftAdapter.ts";
import { sampleContents } from "../formats/safetensors/contents.ts";
import { describeModel } from "../formats/safetensors/describeModel.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";
import type { ModelConfig } from "../config/config.ts";
import { decoderLoss } from "./decoder.ts";
import { loadModel, type Model } from "./load.ts";
import { type FileDtypes, fileDtypes, openedStorage, precisionOfStorage, quantisedNote } from "./matrixStorage.ts";
import { boundedTokenizer } from "../tokenizer/bounded.ts";
import type { Tokenizer } from "../tokenizer/tokenizer.ts";
import { readTokenizer, withTokenizerFile } from "./readTokenizer.ts";
import { resolveFiles } from "./resolveFiles.ts";
import { checkWeights, extraNotes } from "./weights.ts";

export interface OpenedModel {
  readonly name: string;
  /** The model's files, as resolved by `resolveFiles`, and a tokenizer.json. Exports start from it. */
  readonly folder: Folder;
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** Whether some weights were trained after pruning: `weights` and `model` then have them, and `folder` does not. */
  readonly recovered?: boolean;
  /** The low-rank adapter in those weights; missing where matrices were trained, and for pruned single weights. */
  readonly adapter?: LowRankAdapter;
  readonly tokenizer: Tokenizer;
  /** Element type of the matrices in the file. */
  readonly dtype: FloatDtype;
  /** A short hash of the config and the header of the weights; checkpoints name their model by it. */
  readonly fingerprint: string;
  /** The fingerprint with a short hash of samples of the weights: models of one config and shape differ in it, as a fine-tune and its base. */
  readonly identity: string;
  readonly model: Model;
  /** How its matrices are stored on the GPU. */
  readonly storage: WeightStorage;
  /** What a user should know about the files although the model opens: full sentences, for the screen and the log. */
  readonly notes: readonly string[];
}

interface OpenOptions {
  /** Called once the files are known to be a model and before anything is uploaded; may throw to refuse it. */
  onConfig?: (config: ModelConfig, dtypes: FileDtypes) => Promise<void>;
  /** How matrices are stored on the GPU; default f32. */
  precision?: WeightStorage;
  onProgress?: (doneBytes: number, ofBytes: number) => void;
  cancelled?: () => boolean;
}

/** A model's files, checked against each other. */
interface ModelFiles extends Pick<OpenedModel, "folder" | "config" | "weights" | "tokenizer" | "dtype" | "notes"> {
  /** The parsed config.json. */
  rawConfig: unknown;
}

/** Reads all that `openModel` reads before it needs a device. Throws "config", "unsupported" or "format". */
export async function readModelFiles(original: Folder): Promise<ModelFiles> {
  const { folder: resolved, config, weights, notes: fileNotes } = await resolveFiles(original);
  const rawConfig = await readJson(await resolved.open("config.json"));
  const tensors = checkWeights(config, weights);
  const folder = await withTokenizerFile(resolved, rawConfig);
  const loaded = await readTokenizer(folder);
  const tokenizer = boundedTokenizer(loaded, config.vocab);
  const notes = [...(folder.notes ?? []), ...fileNotes, ...extraNotes(config, weights)];
  if (loaded.vocabSize > config.vocab)
    notes.push(
      `The tokenizer has ids up to ${loaded.vocabSize - 1}, but the embedding has ${config.vocab} rows. Texts that use a token beyond them are refused.`,
    );
  const matrix = tensors.find(({ shape }) => shape.length === 2);
  const dtype = matrix ? weights.info(matrix.name).dtype : "F32";
  invariant(
    isFloatDtype(dtype),
    "unsupported",
    `${weights.file}: dtype: expected F32, F16 or BF16, got ${dtype}. ${TAKE_FLOATS}`,
  );
  return { folder, rawConfig, config, weights, tokenizer, dtype, notes };
}

/** A short hash of the config and the header of the weights. */
export async function fingerprintOf({ rawConfig, weights }: ModelFiles): Promise<string> {
  const described = new TextEncoder().encode(describeModel(rawConfig, weights));
  return (await sha256(described)).slice(0, 16);
}

/** Opens a model. Throws "config", "unsupported" or "format" before anything is uploaded, then "cancelled" or an error of the GPU. */
export async function openModel(ctx: Ctx, original: Folder, options: OpenOptions = {}): Promise<OpenedModel> {
  const files = await readModelFiles(original);
  const { folder, config, weights, tokenizer, dtype } = files;
  const inFile = fileDtypes(config, weights);
  await options.onConfig?.(config, inFile);
  const storage = options.precision ?? "f32";
  const note = quantisedNote(storage, config, inFile);
  const notes = [...files.notes, ...(note ? [note] : [])];
  const model = await loadModel(ctx, config, weights, {
    precision: precisionOfStorage(storage),
    storage: openedStorage(storage, config, weights),
    quantised: quantisedOnOpening(storage),
    onProgress: (done, of) => {
      if (options.cancelled?.())
        throw new EngineError("cancelled", "Opening was stopped. The previous model stays open.");
      options.onProgress?.(Math.round((done / of) * weights.sizeBytes), weights.sizeBytes);
    },
  });
  try {
    await ctx.gpu.checked("the model's kernels", () => ctx.warm(() => firstForward(ctx, model)));
    const fingerprint = await fingerprintOf(files);
    const identity = `${fingerprint}-${(await sha256(await sampleContents(weights))).slice(0, 16)}`;
    const found = { name: folder.name, folder, config, weights, tokenizer, dtype, fingerprint, identity };
    return { ...found, storage, model, notes };
  } catch (error) {
    model.free();
    throw error;
  }
}

/** A forward of a few tokens, which compiles its kernels before the first real use. */
function firstForward(ctx: Ctx, model: Model): void {
  ctx.step(() => {
    const ids = ctx.upload(new Uint32Array(8), [8], "ids");
    decoderLoss(ctx, model, ids, { selection: model.selection });
  });
}

/** SHA-256 in hexadecimal. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
