// A low-rank adapter as the files that peft (PyTorch) opens on the masked form of a model before its recovery.
import { ADAPTER_CONFIG } from "../files/modelFiles.ts";
import { jsonFile, type OutputFile, textFile } from "../files/outputFile.ts";
import type { Fused } from "../safetensors/fused.ts";
import { safetensorsLayout, type TensorStream, writeSafetensors } from "../safetensors/safetensors.ts";

/** The adapter of one matrix (out, in), which adds b a to it; rows of b and columns of a that pruning removed are 0. */
export interface LowRankFactors {
  shape: readonly number[];
  /** (rank, in). */
  a: Float32Array<ArrayBuffer>;
  /** (out, rank). */
  b: Float32Array<ArrayBuffer>;
}

/** Adapters of a model's matrices, by the names of their weights in the file. */
export interface LowRankAdapter {
  rank: number;
  factors: ReadonlyMap<string, LowRankFactors>;
}

/** Below the folder of a form: transformers would apply an adapter beside the weights, which it is already added to. */
const FOLDER = "lora";
const WEIGHT = ".weight";
const METADATA = { format: "pt" };
const NOTE = `# Low-rank adapter

Trained by Espalier to recover a pruned model. The weights in the folder above already contain it. It fits the same pruned model before the recovery: the masked form that the same recipe exports without its recovery (receipt.json in the folder above has both). With [peft](https://github.com/huggingface/peft):

    model = AutoModelForCausalLM.from_pretrained("masked form before the recovery")
    model = PeftModel.from_pretrained(model, "this folder")

Rows of B and columns of A that pruning removed are 0, so they stay 0 in the sum. adapter_config.json names no base model, because the published one is not pruned.
`;

/** The adapter of a stored matrix. */
interface StoredFactors extends LowRankFactors {
  rank: number;
}

/** The adapters by stored matrix: of layers that are stored as one, a of each below the others and b block-diagonal, so their ranks add up. */
function storedFactors({ rank, factors }: LowRankAdapter, fused: readonly Fused[]): Map<string, StoredFactors> {
  const stored = new Map([...factors].map(([name, own]): [string, StoredFactors] => [name, { ...own, rank }]));
  for (const { name, parts } of fused) {
    const own = parts.map((part) => factors.get(part.name)).filter((found) => found !== undefined);
    if (own.length < parts.length) continue;
    parts.forEach((part) => stored.delete(part.name));
    stored.set(name, joinedFactors(own, rank));
  }
  return stored;
}

function joinedFactors(parts: readonly LowRankFactors[], rank: number): StoredFactors {
  const width = parts[0]?.shape[1] ?? 0;
  const height = parts.reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
  const all = parts.length * rank;
  const [a, b] = [new Float32Array(all * width), new Float32Array(height * all)];
  let row = 0;
  parts.forEach((part, i) => {
    a.set(part.a, i * rank * width);
    for (let r = 0; r * rank < part.b.length; r++, row++)
      b.set(part.b.subarray(r * rank, (r + 1) * rank), row * all + i * rank);
  });
  return { shape: [height, width], a, b, rank: all };
}

/**
 * adapter_config.json, adapter_model.safetensors (F32) and a note, in the folder lora/. The scale is 1: lora_alpha equals r. Equal adapters
 * give equal bytes. fused: the matrices that the family stores as one.
 */
export function peftFiles(adapter: LowRankAdapter, fused: readonly Fused[] = []): OutputFile[] {
  const factors = storedFactors(adapter, fused);
  const { rank } = adapter;
  const tensors = [...factors].flatMap(([name, { shape, a, b, rank: own }]): TensorStream[] => {
    const [height = 0, width = 0] = shape;
    const module = `base_model.model.${moduleOf(name)}`;
    const stream = (factor: string, values: Float32Array<ArrayBuffer>, of: number[]): TensorStream => ({
      ...{ name: `${module}.${factor}${WEIGHT}`, dtype: "F32", shape: of },
      chunks: () => [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
    });
    return [stream("lora_A", a, [own, width]), stream("lora_B", b, [height, own])];
  });
  const moduleName = (name: string): string => moduleOf(name).split(".").at(-1) ?? "";
  const modules = [...factors.keys()].map(moduleName);
  const joined = [...factors].filter(([, own]) => own.rank !== rank);
  const ranks = Object.fromEntries(joined.map(([name, own]) => [moduleName(name), own.rank]));
  const config = {
    ...{ peft_type: "LORA", task_type: "CAUSAL_LM", base_model_name_or_path: null, inference_mode: true },
    ...{ r: rank, lora_alpha: rank, lora_dropout: 0, bias: "none", fan_in_fan_out: false },
    target_modules: [...new Set(modules)].sort(),
    ...(joined.length === 0 ? {} : { rank_pattern: ranks, alpha_pattern: ranks }),
  };
  const weights = {
    name: `${FOLDER}/adapter_model.safetensors`,
    sizeBytes: safetensorsLayout(tensors, METADATA).sizeBytes,
    stream: () => writeSafetensors(tensors, METADATA),
  };
  return [jsonFile(`${FOLDER}/${ADAPTER_CONFIG}`, config), weights, textFile(`${FOLDER}/README.md`, NOTE)];
}

const moduleOf = (weight: string): string => weight.slice(0, -WEIGHT.length);
