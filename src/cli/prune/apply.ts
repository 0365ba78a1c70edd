// npm run prune -- --apply: makes an export again from the dense model and the masks in its receipt.
import { existingFile, existingModel, parseValues, requiredText } from "../arguments/arguments.ts";
import { EXPORT_OPTIONS, type ExportArguments, readExportArguments } from "../arguments/exportArguments.ts";
import { HOST_OPTIONS, readHostArgument } from "../arguments/hostArguments.ts";
import type { HostChoice } from "../host/chooseHost.ts";
import { namedText } from "./runHeadless.ts";
import { writeFormsHeadless } from "./writeExports.ts";

export const APPLY_USAGE = `Make an export again: npm run prune -- --apply receipt.json --model DIR|FILE.gguf --out DIR [export options] [--host HOST]
  --apply FILE             the receipt.json of an export. Applies its masks to the model that it was made from; trains nothing`;

interface ApplyArguments extends ExportArguments {
  receipt: string;
  model: string;
  host: HostChoice;
}

/** Throws a UsageError that names the argument. */
export function readApplyArguments(argv: readonly string[]): ApplyArguments {
  const text = { type: "string" } as const;
  const values = parseValues(argv, { apply: text, model: text, ...EXPORT_OPTIONS, ...HOST_OPTIONS });
  return {
    receipt: existingFile("apply", requiredText(values, "apply")),
    model: existingModel(requiredText(values, "model")),
    host: readHostArgument(values),
    ...readExportArguments(values),
  };
}

/** Writes the forms, each read back and compared, and prints one line of JSON on stdout. Throws where a form fails its check. */
export async function applyReceipt(argv: readonly string[]): Promise<void> {
  const { receipt, model, ...given } = readApplyArguments(argv);
  await writeFormsHeadless(given, `${receipt} on ${model}`, (host, forms, progress) =>
    host.call("apply", { model: host.files.serve(model), receipt: namedText(receipt).content, ...forms }, progress),
  );
}
