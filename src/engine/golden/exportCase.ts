// The three forms of a golden case, pruned by its binary masks, so that another runtime can compute hard.logits.
import { exportCompact } from "../formats/export/exportCompact.ts";
import { exportMasked } from "../formats/export/exportMasked.ts";
import type { Folder } from "../formats/files/folder.ts";
import { exportOnnx } from "../formats/onnx/exportOnnx.ts";
import type { OutputFile } from "../formats/files/outputFile.ts";
import { gateLayout } from "../masks/gates.ts";
import { openCase } from "./case.ts";

/** The files of each form. fileLimitBytes: see OnnxSource. Throws what `openCase` and the exporters throw. */
export async function exportCase(
  folder: Folder,
  fileLimitBytes?: number,
): Promise<Record<"masked" | "compact" | "onnx", OutputFile[]>> {
  const golden = await openCase(folder);
  const { config } = golden;
  const masks = await Promise.all(gateLayout(config).sizes.map((_, vector) => golden.mask(`hard.mask.${vector}`)));
  const source = { folder, config, masks };
  return {
    masked: await exportMasked(source),
    compact: await exportCompact(source),
    onnx: await exportOnnx({ ...source, ...(fileLimitBytes === undefined ? {} : { fileLimitBytes }) }),
  };
}
