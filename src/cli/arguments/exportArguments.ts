// The arguments of every command that exports: the folder, the forms, and how weights are written.
import { type Options, optionalWhole, requiredText, type Values } from "./arguments.ts";
import { GGUF_TYPES, type GgufType } from "../../engine/formats/gguf/write/quantize.ts";
import { type Form, FORMS, USUAL_FORMS } from "../../engine/formats/files/forms.ts";
import { UsageError } from "./usageError.ts";

const DTYPES = ["F32", "F16", "BF16"] as const;
const MB = 1_000_000;

export interface ExportArguments {
  out: string;
  forms: Form[];
  /** Element type of the written weights; default: the model's own. */
  dtype?: (typeof DTYPES)[number];
  /** Element type of the matrices in GGUF forms; default: `dtype`, or the model's own. */
  ggufType?: GgufType;
  /** Largest size of a weights file of the forms masked and compact. */
  shardBytes?: number;
}

/** Options for parseValues. */
export const EXPORT_OPTIONS = {
  out: { type: "string" },
  forms: { type: "string" },
  dtype: { type: "string" },
  "gguf-type": { type: "string" },
  "shard-mb": { type: "string" },
} as const satisfies Options;

export const EXPORT_USAGE = `  --out DIR                gets a folder per form. An earlier export there is replaced once the new one has passed its check
  --forms LIST             masked, compact, onnx, gguf, gguf-masked, separated by commas (masked,compact,onnx)
  --gguf-type TYPE         f32, f16, bf16, q8_0 or q4_0, for the matrices of gguf and gguf-masked (--dtype, or the model's own)
  --dtype f32|f16|bf16     of the written weights (the model's own)
  --shard-mb 5000          largest weights file of masked and compact`;

/** Throws a UsageError that names the argument. */
export function readExportArguments(values: Values): ExportArguments {
  const { dtype: named } = values;
  const dtype = typeof named === "string" ? DTYPES.find((known) => known === named.toUpperCase()) : undefined;
  if (typeof named === "string" && dtype === undefined)
    throw new UsageError(`--dtype: expected ${DTYPES.join(", ")}, got "${named}"`);
  const shardMb = optionalWhole(values, "shard-mb", { min: 1 });
  const forms = readForms(
    values["forms"],
    USUAL_FORMS.filter((form) => dtype !== "BF16" || form !== "onnx"),
  );
  const ggufType = readGgufType(values["gguf-type"], forms);
  if (dtype === "BF16" && forms.includes("onnx"))
    throw new UsageError("--dtype: expected f32 or f16 for onnx, got bf16; leave onnx out of --forms, or use f16");
  return {
    out: requiredText(values, "out"),
    forms,
    ...(dtype ? { dtype } : {}),
    ...(ggufType ? { ggufType } : {}),
    ...(shardMb === undefined ? {} : { shardBytes: shardMb * MB }),
  };
}

function readGgufType(value: unknown, forms: readonly Form[]): GgufType | undefined {
  if (typeof value !== "string") return undefined;
  const type = GGUF_TYPES.find((known) => known === value.toUpperCase());
  if (type === undefined) throw new UsageError(`--gguf-type: expected ${GGUF_TYPES.join(", ")}, got "${value}"`);
  if (!forms.some((form) => form.startsWith("gguf")))
    throw new UsageError("--gguf-type: expected gguf or gguf-masked in --forms, got neither");
  return type;
}

/** The forms of --forms in their usual order, or `fallback` where it is missing. */
function readForms(value: unknown, fallback: readonly Form[]): Form[] {
  if (typeof value !== "string") return [...fallback];
  const forms = value.split(",");
  const unknown = forms.find((form) => !FORMS.some((known) => known === form));
  if (unknown !== undefined)
    throw new UsageError(`--forms: expected ${FORMS.join(", ")}, separated by commas, got "${unknown}"`);
  return FORMS.filter((form) => forms.includes(form));
}
