// The size of every form before anything is written.
import { EngineError } from "../../errors.ts";
import { exportCompact } from "../../formats/export/exportCompact.ts";
import type { ExportSource } from "../../formats/export/exportFiles.ts";
import { exportMasked } from "../../formats/export/exportMasked.ts";
import type { OutputFile } from "../../formats/files/outputFile.ts";
import { exportGguf, exportMaskedGguf } from "../../formats/gguf/write/exportGguf.ts";
import { GGUF_TYPES } from "../../formats/gguf/write/quantize.ts";
import { exportOnnx } from "../../formats/onnx/exportOnnx.ts";
import type { Form, GgufRecord } from "../../formats/receipt/receipt.ts";
import type { WeightType } from "../../dtype.ts";
import type { Masks } from "../../masks/gates.ts";
import type { OpenedModel } from "../../model/open.ts";

/** A form, and what it takes: bytes of its files without receipt and card, or why it cannot be written. */
export interface FormSize {
  form: Form;
  /** Of GGUF forms; the others keep the model's own type. */
  type?: WeightType;
  bytes?: number;
  gguf?: GgufRecord;
  reason?: string;
}

/** The metadata of a file's origin hardly change its size. */
const ORIGIN = { name: "", licence: "", version: "", recipe: {}, keep: 1 };

/** All forms of a model that the masks prune; GGUF in every type, the masked one in the model's own. Reads headers, but no weights. */
export async function formSizes(opened: OpenedModel, masks: Masks): Promise<FormSize[]> {
  const { folder, config } = opened;
  const source: ExportSource = {
    ...{ folder, config, masks },
    ...(opened.recovered ? { recoveredWeights: opened.weights } : {}),
  };
  const size = async (
    form: Form,
    write: () => Promise<Omit<FormSize, "form"> & { files: OutputFile[] }>,
  ): Promise<FormSize> => {
    try {
      const { files, ...rest } = await write();
      return { form, ...rest, bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
    } catch (thrown) {
      return { form, reason: EngineError.from(thrown).message };
    }
  };
  const sizes = [
    await size("masked", async () => ({ files: await exportMasked(source) })),
    await size("compact", async () => ({ files: await exportCompact(source) })),
    await size("onnx", async () => ({ files: await exportOnnx(source) })),
  ];
  for (const type of GGUF_TYPES) {
    sizes.push(
      await size("gguf", async () => {
        const { files, record } = await exportGguf(source, { origin: ORIGIN, type });
        return { files, type, gguf: record };
      }),
    );
    if (sizes.at(-1)?.reason !== undefined) break; // the same for every type
  }
  const masked = await size("gguf-masked", async () => {
    const { files, record, type } = await exportMaskedGguf(source, { origin: ORIGIN });
    return { files, type, gguf: record };
  });
  return [...sizes, masked];
}
