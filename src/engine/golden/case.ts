// A golden case: a model's folder with golden.json and golden.safetensors, which have PyTorch's results (golden/README.md).
import { EngineError, invariant } from "../errors.ts";
import { type Folder, readJson } from "../formats/files/folder.ts";
import { modelFolder } from "../formats/gguf/modelFolder.ts";
import { readSafetensors, type SafetensorsFile, type Weights } from "../formats/safetensors/safetensors.ts";
import type { ModelConfig } from "../config/config.ts";
import { resolveFiles } from "../model/resolveFiles.ts";
import { checkWeights } from "../model/weights.ts";
import { GATE_MODES, type GateMode } from "../recipes/recipe.ts";

interface GoldenInfo {
  loss: number;
  perplexity: { context: number; tokens: number; value: number };
  hard: {
    loss: number;
    kept_block_weights: number;
    block_weights: number;
    perplexity?: { context: number; tokens: number; value: number };
  };
  soft?: { loss: number };
  train?: TrainInfo;
  weights?: Record<string, GoldenWeights>;
}

/** The recipe of some training steps and the metrics of each of them. */
interface TrainInfo {
  recipe: {
    p: number;
    lam: number;
    steps: number;
    lr: number;
    weight_decay: number;
    estimator: string;
    /** The seed and the bounds by which each step drew its ratio. */
    seed?: number;
    from?: number;
    to?: number;
  };
  lm_loss: number[];
  penalty: number[];
  kept_block_weights: number[];
}

/** A training run in PyTorch: a hypernetwork before and after some steps, with their noise and batches. */
export interface GoldenTraining {
  /** The full method, s4 alone, or an ablation. */
  readonly gates: GateMode;
  readonly info: TrainInfo;
  readonly file: SafetensorsFile;
}

/** PyTorch's results for one method and pattern of weight pruning. */
interface GoldenWeights {
  loss: number;
  kept: number;
  of: number;
  perplexity: { context: number; tokens: number; value: number };
}

/** Weight pruning in PyTorch: results by method and pattern, such as "dass 2:4", and keep-masks. */
export interface GoldenPruning {
  readonly weights: Record<string, GoldenWeights>;
  readonly file: SafetensorsFile;
  /** The tensor of golden.safetensors whose rows are the calibration sequences. */
  readonly calibration: string;
}

/** A recovery in PyTorch: the KL of every step, and the last block's weights afterwards, with the products of adapters added. */
export interface GoldenRecovery {
  readonly info: {
    recipe: { steps: number; lr: number; weight_decay: number; hidden_weight: number; rank?: number; seed?: number };
    /** Of every step, before its update. */
    kl: number[];
    /** Next-token loss on `ids` afterwards. */
    loss: number;
  };
  readonly file: SafetensorsFile;
}

export interface GoldenCase {
  readonly name: string;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly info: GoldenInfo;
  readonly file: SafetensorsFile;
  /** By name: "train" for one ratio, "every" for every ratio, and each ablation under its own name. */
  readonly trainings: ReadonlyMap<string, GoldenTraining>;
  readonly prunings: readonly GoldenPruning[];
  /** By name: "recover" for all matrices, "lowRank" for adapters on them. */
  readonly recoveries: ReadonlyMap<string, GoldenRecovery>;
  has(name: string): boolean;
  floats(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** A tensor of token ids (I32 or I64). */
  ids(name: string): Promise<Uint32Array<ArrayBuffer>>;
  /** A tensor of zeros and ones (U8). */
  mask(name: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** Opens a case; `model` is the folder of its model, by default its own, with safetensors or a GGUF file. Throws "format", "config" or "unsupported" if it cannot be read. */
export async function openCase(folder: Folder, model: Folder = folder): Promise<GoldenCase> {
  const { config, weights } = await resolveFiles(await modelFolder(model));
  checkWeights(config, weights);
  const file = await readSafetensors(await folder.open("golden.safetensors"));
  const info = (await readJson(await folder.open("golden.json"))) as GoldenInfo;
  invariant(
    typeof info.loss === "number" && typeof info.hard?.loss === "number",
    "format",
    "golden.json: expected the numbers loss and hard.loss. Make the case with golden/reference/make_golden.py.",
  );
  return {
    name: folder.name,
    config,
    weights,
    info,
    file,
    has: (name) => file.tensors.has(name),
    trainings: await trainingsOf(folder, info, file),
    prunings: await pruningsOf(folder, info, file),
    recoveries: await recoveriesOf(folder),
    floats: (name) => file.readFloat32(name),
    ids: (name) => idsOf(file, name),
    mask: (name) => file.readTensor(name),
  };
}

/** A tensor of token ids (I32 or I64). */
export async function idsOf(file: SafetensorsFile, name: string): Promise<Uint32Array<ArrayBuffer>> {
  const bytes = await file.readTensor(name);
  const dtype = file.tensors.get(name)?.dtype;
  if (dtype === "I32") return new Uint32Array(bytes.buffer);
  if (dtype === "I64") return Uint32Array.from(new BigInt64Array(bytes.buffer), Number);
  throw new EngineError("format", `golden.safetensors: ${name}: expected I32 or I64, got ${dtype ?? "nothing"}`);
}

async function trainingsOf(
  folder: Folder,
  { train }: GoldenInfo,
  file: SafetensorsFile,
): Promise<Map<string, GoldenTraining>> {
  const trainings = new Map<string, GoldenTraining>();
  if (train) trainings.set("train", { gates: "full", info: train, file });
  for (const name of ["every", ...GATE_MODES]) {
    if (!folder.list().includes(`${name}.json`)) continue;
    const gates = GATE_MODES.find((mode) => mode === name) ?? "full";
    const info = (await readJson(await folder.open(`${name}.json`))) as TrainInfo;
    trainings.set(name, { gates, info, file: await readSafetensors(await folder.open(`${name}.safetensors`)) });
  }
  return trainings;
}

async function pruningsOf(folder: Folder, { weights }: GoldenInfo, file: SafetensorsFile): Promise<GoldenPruning[]> {
  const prunings: GoldenPruning[] = weights ? [{ weights, file, calibration: "calibration.ids" }] : [];
  if (folder.list().includes("weights.json")) {
    const info = (await readJson(await folder.open("weights.json"))) as Omit<GoldenPruning, "file">;
    prunings.push({ ...info, file: await readSafetensors(await folder.open("weights.safetensors")) });
  }
  return prunings;
}

async function recoveriesOf(folder: Folder): Promise<Map<string, GoldenRecovery>> {
  const recoveries = new Map<string, GoldenRecovery>();
  for (const name of ["recover", "lowRank"]) {
    if (!folder.list().includes(`${name}.json`)) continue;
    const info = (await readJson(await folder.open(`${name}.json`))) as GoldenRecovery["info"];
    recoveries.set(name, { info, file: await readSafetensors(await folder.open(`${name}.safetensors`)) });
  }
  return recoveries;
}
