// The forms of a golden case, pruned by its binary masks, so that another runtime can compute hard.logits; and tokenizers in GGUF.
import { EngineError } from "../errors.ts";
import { exportCompact } from "../formats/export/exportCompact.ts";
import type { ExportSource } from "../formats/export/exportFiles.ts";
import { exportMasked } from "../formats/export/exportMasked.ts";
import type { Folder } from "../formats/files/folder.ts";
import { exportGguf, exportMaskedGguf } from "../formats/gguf/write/exportGguf.ts";
import type { GgufExport } from "../formats/gguf/write/ggufRecord.ts";
import { exportOnnx } from "../formats/onnx/exportOnnx.ts";
import type { OutputFile } from "../formats/files/outputFile.ts";
import { gateLayout } from "../masks/gates.ts";
import { openCase } from "./case.ts";

const ORIGIN = { name: "a golden case", licence: "not stated", version: "0", recipe: {}, keep: 0.5 };

interface CaseChoice {
  /** See OnnxSource. */
  fileLimitBytes?: number;
  /** Vectors that lose all gates; PyTorch's numbers then no longer apply. */
  emptied?: readonly number[];
}

/** The files of each form, without GGUF forms that llama.cpp does not compute. Throws what `openCase` and the exporters throw. */
export async function exportCase(
  folder: Folder,
  { fileLimitBytes, emptied = [] }: CaseChoice = {},
): Promise<Record<"masked" | "compact" | "onnx", OutputFile[]> & Record<string, OutputFile[]>> {
  const golden = await openCase(folder);
  const { config } = golden;
  const all = await Promise.all(gateLayout(config).sizes.map((_, vector) => golden.mask(`hard.mask.${vector}`)));
  const masks = all.map((mask, vector) => (emptied.includes(vector) ? new Uint8Array(mask.length) : mask));
  const source = { folder, config, masks };
  return {
    masked: await exportMasked(source),
    compact: await exportCompact(source),
    onnx: await exportOnnx({ ...source, ...(fileLimitBytes === undefined ? {} : { fileLimitBytes }) }),
    ...(await ggufForms(source)),
  };
}

async function ggufForms(source: ExportSource): Promise<Record<string, OutputFile[]>> {
  const forms: Record<string, OutputFile[]> = {};
  const add = async (name: string, write: () => Promise<GgufExport>): Promise<void> => {
    try {
      forms[name] = (await write()).files;
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "unsupported") throw error;
    }
  };
  await add("gguf-masked", () => exportMaskedGguf(source, { origin: ORIGIN }));
  await add("gguf", () => exportGguf(source, { origin: ORIGIN }));
  for (const type of ["F16", "Q8_0", "Q4_0"] as const)
    await add(`gguf-${type.toLowerCase()}`, () => exportGguf(source, { origin: ORIGIN, type }));
  return forms;
}
