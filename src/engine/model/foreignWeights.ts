// Folders that have something other than a model's own weights: adapters, and quantised weights. They are refused by name, or noted.
import { isFloatDtype, TAKE_FLOATS } from "../dtype.ts";
import { type Folder, readJson } from "../formats/files/folder.ts";
import { ADAPTER_CONFIG } from "../formats/files/modelFiles.ts";
import { MERGE_ADAPTER, readError } from "../formats/files/readError.ts";
import type { Weights } from "../formats/safetensors/safetensors.ts";

const ADAPTER_FILE = /^adapter_(config\.json|model\.(safetensors|bin))$/;
const MODEL_WEIGHTS = /^(model.*\.safetensors|model\.safetensors\.index\.json|pytorch_model.*)$/;

/** Names of tensors that only adapters have. */
const ADAPTER_TENSOR =
  /(^|\.)(lora_(A|B|E|embedding_A|embedding_B|magnitude_vector)|base_layer|ia3_l|hada_w\d_\w|lokr_w\d)(\.|$)/;

/** How each kind of quantisation names its tensors. The first that fits is reported. */
const QUANTISED: readonly (readonly [method: string, name: RegExp])[] = [
  ["GPTQ", /\.g_idx$/],
  ["AWQ or GPTQ", /\.(qweight|qzeros)$/],
  [
    "bitsandbytes",
    /\.(SCB|weight_format)$|\.weight\.(absmax|quant_map|nested_absmax|nested_quant_map|quant_state\..+)$/,
  ],
  ["quanto", /\.weight\._(data|scale|shift|packed)$/],
  ["compressed-tensors", /\.weight_(packed|zero_point|g_idx|global_scale)$/],
  ["HQQ", /\.W_q$/],
  ["AQLM", /\.(codebooks|codes)$/],
  ["EXL2 or EXL3", /\.(q_weight|q_groups|q_perm|trellis)$/],
  ["MXFP4", /_(blocks|scales)$/],
  ["torchao", /weight[_:]+(qdata|tensor_impl_data)$/],
  ["MLX or EETQ", /\.(scales|weight_scales)$/],
  ["FP8 or INT8", /\.(weight_scale|weight_scale_inv|input_scale)$/],
];

/** Throws "unsupported" for a folder with an adapter and no weights of a model. Reads nothing but the adapter's own config. */
export async function refuseAdapter(folder: Folder): Promise<void> {
  const files = folder.list();
  const adapter = files.find((file) => ADAPTER_FILE.test(file));
  if (adapter === undefined || files.some((file) => MODEL_WEIGHTS.test(file))) return;
  const config = files.includes(ADAPTER_CONFIG) ? await readJson(await folder.open(ADAPTER_CONFIG)) : undefined;
  const { kind, base } = adapterOf(config);
  throw readError({
    file: adapter,
    expected: "the weights of a model",
    got: `${kind} adapter of ${base}`,
    advice: MERGE_ADAPTER,
    code: "unsupported",
  });
}

/** What adapter_config.json says about itself, for messages. */
function adapterOf(config: unknown): { kind: string; base: string } {
  const field = (name: string): string | undefined => {
    const value: unknown = typeof config === "object" && config !== null ? Reflect.get(config, name) : undefined;
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const type = field("peft_type");
  return {
    kind: type === undefined ? "an" : type === "LORA" ? "a LoRA" : /^[AEIO]/i.test(type) ? `an ${type}` : `a ${type}`,
    base: field("base_model_name_or_path") ?? "an unnamed model",
  };
}

/** A sentence about an adapter beside the weights, which takes no part. */
export function adapterNotes(folder: Folder): string[] {
  const files = folder.list().filter((file) => ADAPTER_FILE.test(file));
  if (files.length === 0) return [];
  return [
    `${files.sort().join(", ")}: the adapter beside the weights is not applied, and exports do not have it. To prune the adapted model, merge the adapter first (in PEFT: merge_and_unload, then save_pretrained) and open the result.`,
  ];
}

/** Throws "unsupported" for tensors of an adapter that is not merged, and for quantised weights, by the names and dtypes of the tensors. */
export function refuseForeignTensors({ file, names, info }: Pick<Weights, "file" | "names" | "info">): void {
  const refuse = (name: string, got: string, advice: string) =>
    readError({ file, field: `tensor '${name}'`, expected: "weights of a model", got, advice, code: "unsupported" });
  const adapted = names.find((name) => ADAPTER_TENSOR.test(name));
  if (adapted !== undefined) throw refuse(adapted, "one of an adapter that is not merged", MERGE_ADAPTER);
  for (const [method, pattern] of QUANTISED) {
    const quantised = names.find((name) => pattern.test(name));
    if (quantised !== undefined) throw refuse(quantised, `weights that are quantised (${method})`, TAKE_FLOATS);
  }
  const integer = names.find(
    (name) => info(name).shape.length === 2 && /proj|fc\d|dense/.test(name) && isInteger(info(name).dtype),
  );
  if (integer !== undefined) throw refuse(integer, `weights that are quantised (${info(integer).dtype})`, TAKE_FLOATS);
}

const isInteger = (dtype: string): boolean => !isFloatDtype(dtype) && dtype !== "F64";
