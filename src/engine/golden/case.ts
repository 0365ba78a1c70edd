// A golden case: a model's folder with golden.json and golden.safetensors, the numbers that PyTorch gets (golden/README.md).
import { EngineError, invariant } from "../errors.ts";
import { type Folder, readJson } from "../formats/folder.ts";
import { openWeights, readSafetensors, type SafetensorsFile, type Weights } from "../formats/safetensors.ts";
import { type ModelConfig, readConfig } from "../model/config.ts";
import { checkWeights } from "../model/weights.ts";

export interface GoldenInfo {
  loss: number;
  perplexity: { context: number; tokens: number; value: number };
  hard: { loss: number; kept_block_weights: number; block_weights: number; perplexity?: { context: number; tokens: number; value: number } };
  soft?: { loss: number };
  train?: {
    recipe: { p: number; lam: number; steps: number; lr: number; weight_decay: number; estimator: string };
    lm_loss: number[];
    penalty: number[];
    kept_block_weights: number[];
  };
}

export interface GoldenCase {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly info: GoldenInfo;
  readonly file: SafetensorsFile;
  has(name: string): boolean;
  floats(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** A tensor of token ids (I32 or I64). */
  ids(name: string): Promise<Uint32Array<ArrayBuffer>>;
  /** A tensor of zeros and ones (U8). */
  mask(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** Opens a case; throws "format", "config" or "unsupported" where it cannot be read. */
export async function openCase(folder: Folder): Promise<GoldenCase> {
  const config = readConfig(await readJson(await folder.open("config.json")));
  const weights = await openWeights(folder);
  checkWeights(config, weights);
  const file = await readSafetensors(await folder.open("golden.safetensors"));
  const info = (await readJson(await folder.open("golden.json"))) as GoldenInfo;
  invariant(
    typeof info.loss === "number" && typeof info.hard?.loss === "number",
    "format",
    "golden.json needs the fields loss and hard.loss; was it made by golden/reference/make_golden.py?",
  );
  return {
    name: folder.name,
    config,
    weights,
    info,
    file,
    has: (name) => file.tensors.has(name),
    floats: (name) => file.readFloat32(name),
    ids: async (name) => {
      const bytes = await file.readTensor(name);
      const dtype = file.tensors.get(name)?.dtype;
      if (dtype === "I32") return new Uint32Array(bytes.buffer);
      if (dtype === "I64") return Uint32Array.from(new BigInt64Array(bytes.buffer), Number);
      throw new EngineError("format", `golden.safetensors: ${name} must be I32 or I64, is ${dtype ?? "missing"}`);
    },
    mask: (name) => file.readTensor(name),
  };
}
