// npm run prune -- --apply RECEIPT --model DIR --out DIR: the pruned model again, from the original and the masks in a receipt.
import { readFileSync } from "node:fs";
import { existing, existingModel, neededText, parseValues } from "../arguments/arguments.ts";
import { EXPORT_OPTIONS, EXPORT_USAGE, type ExportArguments, readExport } from "../arguments/exportArguments.ts";
import { writeFormsHeadless } from "./writeExports.ts";

export const APPLY_USAGE = `       npm run prune -- --apply RECEIPT --model DIR --out DIR ${EXPORT_USAGE}
  --apply  the receipt.json of an export: its masks are applied to the model it was made from; nothing is trained`;

export interface ApplyArguments extends ExportArguments {
  receipt: string;
  model: string;
}

/** Throws a UsageError that names the argument. */
export function readApplyArguments(argv: readonly string[]): ApplyArguments {
  const text = { type: "string" } as const;
  const values = parseValues(argv, { apply: text, model: text, ...EXPORT_OPTIONS });
  return {
    receipt: existing("apply", neededText(values, "apply"), false),
    model: existingModel(neededText(values, "model")),
    ...readExport(values),
  };
}

/** Writes the forms, each opened again and compared, and prints one JSON line on stdout. Throws where a form fails its check. */
export async function applyReceipt(argv: readonly string[]): Promise<void> {
  const { receipt, model, ...given } = readApplyArguments(argv);
  await writeFormsHeadless(given, `${receipt} on ${model}`, ({ page, files }, forms) =>
    page.evaluate((one) => window.espalier.apply(one), {
      model: files.serve(model),
      receipt: readFileSync(receipt, "utf8"),
      ...forms,
    }),
  );
}
