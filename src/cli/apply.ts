// npm run prune -- --apply RECEIPT --model DIR --out DIR: the pruned model again, from the original and the masks in a receipt.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CliForm,
  existing,
  existingModel,
  neededText,
  optionalNumber,
  parseValues,
  readForms,
} from "./arguments.ts";
import { openHeadless } from "./headless.ts";
import type { ApplyRequest } from "./pageApply.ts";
import type { RunReport } from "./pageRun.ts";
import { progressLine } from "./progress.ts";
import { UsageError } from "./usageError.ts";

export const APPLY_USAGE = `       npm run prune -- --apply RECEIPT --model DIR --out DIR [--forms masked,compact] [--dtype F32|F16|BF16] [--shard-mb 5000]
  --apply  the receipt.json of an export: its masks are applied to the model it was made from; nothing is trained`;

const DTYPES = ["F32", "F16", "BF16"] as const;
const MB = 1_000_000;
/** Errors that say something about the files that were named; everything else is a fault. */
const USER_CODES = ["config", "unsupported", "format", "shape", "limit"];

export interface ApplyArguments {
  receipt: string;
  model: string;
  out: string;
  forms: CliForm[];
  dtype?: (typeof DTYPES)[number];
  shardBytes?: number;
}

/** Throws a UsageError that names the argument. */
export function readApplyArguments(argv: readonly string[]): ApplyArguments {
  const text = { type: "string" } as const;
  const options = { apply: text, model: text, out: text, forms: text, dtype: text, "shard-mb": text };
  const values = parseValues(argv, options);
  const { dtype: wanted } = values;
  const dtype = DTYPES.find((known) => known === wanted);
  if (typeof wanted === "string" && dtype === undefined)
    throw new UsageError(`--dtype takes ${DTYPES.join(", ")}; "${wanted}" came`);
  const shardMb = optionalNumber(values, "shard-mb");
  if (shardMb !== undefined && !(Number.isInteger(shardMb) && shardMb >= 1))
    throw new UsageError(`--shard-mb must be a whole number of at least 1; ${shardMb} came`);
  return {
    receipt: existing("apply", neededText(values, "apply"), false),
    model: existingModel(neededText(values, "model")),
    out: neededText(values, "out"),
    forms: readForms(values["forms"]),
    ...(dtype ? { dtype } : {}),
    ...(shardMb === undefined ? {} : { shardBytes: shardMb * MB }),
  };
}

/** Throws a UsageError where files are: a loader would take an older model.safetensors for the shards that are written now. */
export function emptyFolder(path: string): void {
  if (existsSync(path) && readdirSync(path).length > 0)
    throw new UsageError(`--out: ${path} is not empty; name a new folder, or empty this one`);
}

/** Writes the forms, each read back and compared, and prints one JSON line on stdout. Throws where a form fails its check. */
export async function applyReceipt(argv: readonly string[]): Promise<void> {
  const given = readApplyArguments(argv);
  for (const form of given.forms) emptyFolder(join(given.out, form));
  const progress = progressLine();
  const headless = await openHeadless((report) => progress(report as RunReport));
  try {
    const { dtype, shardBytes } = given;
    const request: ApplyRequest = {
      model: headless.files.serve(given.model),
      receipt: readFileSync(given.receipt, "utf8"),
      out: given.forms.map((form) => ({ form, url: headless.files.writable(join(given.out, form)) })),
      ...(dtype ? { dtype } : {}),
      ...(shardBytes === undefined ? {} : { shardBytes }),
    };
    const answer = await headless.page.evaluate((one) => window.espalier.apply(one), request);
    progress();
    if ("error" in answer) {
      const { code, message } = answer.error;
      if (USER_CODES.includes(code)) throw new UsageError(`${given.receipt} on ${given.model}: ${message}`);
      throw new Error(message);
    }
    process.stdout.write(`${JSON.stringify({ ...answer.ok, out: given.out })}\n`);
    const failed = answer.ok.forms.find(({ ok }) => !ok);
    if (failed) throw new Error(`the ${failed.form} export failed its check: ${failed.reason ?? "unknown"}`);
  } finally {
    await headless.close();
  }
}
