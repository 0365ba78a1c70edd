// The arguments of every command that writes an export: where to, which forms, and how their weights are written.
import { neededText, optionalNumber, type Options } from "./arguments.ts";
import { UsageError } from "./usageError.ts";

/** Forms that are written without a window. */
const FORMS = ["masked", "compact", "onnx"] as const;
export type CliForm = (typeof FORMS)[number];

const DTYPES = ["F32", "F16", "BF16"] as const;
const MB = 1_000_000;

/** What --out, --forms, --dtype and --shard-mb say. */
export interface ExportArguments {
  out: string;
  forms: CliForm[];
  dtype?: (typeof DTYPES)[number];
  shardBytes?: number;
}

/** For parseValues. */
export const EXPORT_OPTIONS = {
  out: { type: "string" },
  forms: { type: "string" },
  dtype: { type: "string" },
  "shard-mb": { type: "string" },
} as const satisfies Options;

export const EXPORT_USAGE = "[--forms masked,compact,onnx] [--dtype f32|f16|bf16] [--shard-mb 5000]";

/** Throws a UsageError that names the argument. */
export function readExport(values: Readonly<Record<string, unknown>>): ExportArguments {
  const { dtype: wanted } = values;
  const dtype = typeof wanted === "string" ? DTYPES.find((known) => known === wanted.toUpperCase()) : undefined;
  if (typeof wanted === "string" && dtype === undefined)
    throw new UsageError(`--dtype takes ${DTYPES.join(", ")}; "${wanted}" came`);
  const shardMb = optionalNumber(values, "shard-mb");
  if (shardMb !== undefined && !(Number.isInteger(shardMb) && shardMb >= 1))
    throw new UsageError(`--shard-mb must be a whole number of at least 1; ${shardMb} came`);
  const forms = readForms(values["forms"], dtype === "BF16" ? FORMS.filter((form) => form !== "onnx") : FORMS);
  if (dtype === "BF16" && forms.includes("onnx"))
    throw new UsageError("--dtype bf16 is not for onnx, which is F32 or F16; leave onnx out of --forms, or take f16");
  return {
    out: neededText(values, "out"),
    forms,
    ...(dtype ? { dtype } : {}),
    ...(shardMb === undefined ? {} : { shardBytes: shardMb * MB }),
  };
}

/** The forms of --forms in their own order, or those of `others` where it is missing. */
function readForms(value: unknown, others: readonly CliForm[]): CliForm[] {
  if (typeof value !== "string") return [...others];
  const forms = value.split(",");
  const unknown = forms.find((form) => !FORMS.some((known) => known === form));
  if (unknown !== undefined)
    throw new UsageError(`--forms takes ${FORMS.join(", ")}, separated by commas; "${unknown}" came`);
  return FORMS.filter((form) => forms.includes(form));
}
