// The arguments of every command that exports: the folder, the forms, and how weights are written.
import { type Options, optionalWhole, requiredText, type Values } from "./arguments.ts";
import { UsageError } from "./usageError.ts";

/** The forms that the command line writes. */
const FORMS = ["masked", "compact", "onnx"] as const;
type CliForm = (typeof FORMS)[number];

const DTYPES = ["F32", "F16", "BF16"] as const;
const MB = 1_000_000;

export interface ExportArguments {
  out: string;
  forms: CliForm[];
  /** Element type of the written weights; default: the model's own. */
  dtype?: (typeof DTYPES)[number];
  /** Largest size of a weights file of the forms masked and compact. */
  shardBytes?: number;
}

/** Options for parseValues. */
export const EXPORT_OPTIONS = {
  out: { type: "string" },
  forms: { type: "string" },
  dtype: { type: "string" },
  "shard-mb": { type: "string" },
} as const satisfies Options;

export const EXPORT_USAGE = `  --out DIR                gets a folder per form. An earlier export there is replaced once the new one has passed its check
  --forms LIST             masked, compact, onnx, separated by commas (all)
  --dtype f32|f16|bf16     of the written weights (the model's own)
  --shard-mb 5000          largest weights file of masked and compact`;

/** Throws a UsageError that names the argument. */
export function readExportArguments(values: Values): ExportArguments {
  const { dtype: named } = values;
  const dtype = typeof named === "string" ? DTYPES.find((known) => known === named.toUpperCase()) : undefined;
  if (typeof named === "string" && dtype === undefined)
    throw new UsageError(`--dtype: expected ${DTYPES.join(", ")}, got "${named}"`);
  const shardMb = optionalWhole(values, "shard-mb", { min: 1 });
  const forms = readForms(values["forms"], dtype === "BF16" ? FORMS.filter((form) => form !== "onnx") : FORMS);
  if (dtype === "BF16" && forms.includes("onnx"))
    throw new UsageError("--dtype: expected f32 or f16 for onnx, got bf16; leave onnx out of --forms, or use f16");
  return {
    out: requiredText(values, "out"),
    forms,
    ...(dtype ? { dtype } : {}),
    ...(shardMb === undefined ? {} : { shardBytes: shardMb * MB }),
  };
}

/** The forms of --forms in their usual order, or `fallback` where it is missing. */
function readForms(value: unknown, fallback: readonly CliForm[]): CliForm[] {
  if (typeof value !== "string") return [...fallback];
  const forms = value.split(",");
  const unknown = forms.find((form) => !FORMS.some((known) => known === form));
  if (unknown !== undefined)
    throw new UsageError(`--forms: expected ${FORMS.join(", ")}, separated by commas, got "${unknown}"`);
  return FORMS.filter((form) => forms.includes(form));
}
