// A low-rank adapter as the files that peft (PyTorch) opens on the masked form of a model before its recovery.
import { ADAPTER_CONFIG } from "../files/modelFiles.ts";
import { jsonFile, type OutputFile, textFile } from "../files/outputFile.ts";
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

/**
 * adapter_config.json, adapter_model.safetensors (F32) and a note, in the folder lora/. The scale is 1: lora_alpha equals r. Equal adapters
 * give equal bytes.
 */
export function peftFiles({ rank, factors }: LowRankAdapter): OutputFile[] {
  const tensors = [...factors].flatMap(([name, { shape, a, b }]): TensorStream[] => {
    const [height = 0, width = 0] = shape;
    const module = `base_model.model.${moduleOf(name)}`;
    const stream = (factor: string, values: Float32Array<ArrayBuffer>, of: number[]): TensorStream => ({
      ...{ name: `${module}.${factor}${WEIGHT}`, dtype: "F32", shape: of },
      chunks: () => [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
    });
    return [stream("lora_A", a, [rank, width]), stream("lora_B", b, [height, rank])];
  });
  const modules = [...factors.keys()].map((name) => moduleOf(name).split(".").at(-1) ?? "");
  const config = {
    ...{ peft_type: "LORA", task_type: "CAUSAL_LM", base_model_name_or_path: null, inference_mode: true },
    ...{ r: rank, lora_alpha: rank, lora_dropout: 0, bias: "none", fan_in_fan_out: false },
    target_modules: [...new Set(modules)].sort(),
  };
  const weights = {
    name: `${FOLDER}/adapter_model.safetensors`,
    sizeBytes: safetensorsLayout(tensors, METADATA).sizeBytes,
    stream: () => writeSafetensors(tensors, METADATA),
  };
  return [jsonFile(`${FOLDER}/${ADAPTER_CONFIG}`, config), weights, textFile(`${FOLDER}/README.md`, NOTE)];
}

const moduleOf = (weight: string): string => weight.slice(0, -WEIGHT.length);
