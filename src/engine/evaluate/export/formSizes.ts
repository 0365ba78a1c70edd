// The size of every form before anything is written.
import { EngineError } from "../../errors.ts";
import { exportCompact } from "../../formats/export/exportCompact.ts";
import type { ExportSource } from "../../formats/export/exportFiles.ts";
import { exportMasked } from "../../formats/export/exportMasked.ts";
import type { OutputFile } from "../../formats/files/outputFile.ts";
import { exportWeights } from "../../formats/export/exportWeights.ts";
import { maskedTensors } from "../../formats/gguf/write/editedTensors.ts";
import { exportEditedGguf, exportGguf, exportMaskedGguf } from "../../formats/gguf/write/exportGguf.ts";
import type { GgufExport } from "../../formats/gguf/write/ggufRecord.ts";
import { GGUF_TYPES, type GgufType } from "../../formats/gguf/write/quantize.ts";
import { exportOnnx } from "../../formats/onnx/exportOnnx.ts";
import type { GgufRecord } from "../../formats/receipt/receiptTypes.ts";
import type { Form } from "../../formats/files/forms.ts";
import type { FloatDtype, WeightType } from "../../dtype.ts";
import { countsOf } from "../../masks/budget.ts";
import { emptyModuleNames, emptyModules, withoutIdleModules } from "../../masks/modules.ts";
import type { Masks } from "../../masks/gates.ts";
import type { WeightMasks } from "../../masks/weightMasks.ts";
import type { OpenedModel } from "../../model/open.ts";

/** A form, and what it takes: bytes of its files without receipt and card, or why it cannot be written. */
export interface FormSize {
  form: Form;
  /** Of GGUF forms; the others keep the model's own type. */
  type?: WeightType;
  /** Types are those of the GGUF file that the model came as; `type` is that of most values. */
  kept?: boolean;
  bytes?: number;
  gguf?: GgufRecord;
  /** Modules that the form leaves out, by name; missing where there are none. Those of GGUF are in `gguf`. */
  without?: string;
  reason?: string;
}

/** The metadata of a file's origin hardly change its size. */
const ORIGIN = { name: "", licence: "", version: "", recipe: {}, keep: 1 };

interface SizeChoice {
  /** Element type of the weights; default: the model's own. */
  dtype?: FloatDtype;
}

type Subject = Pick<OpenedModel, "folder" | "config" | "weights" | "recovered">;

/** All forms of a model that the masks prune; GGUF in every type, the masked one in the model's own. Reads headers, but no weights. */
export async function formSizes(opened: Subject, masks: Masks, choice: SizeChoice = {}): Promise<FormSize[]> {
  const source: ExportSource = { ...sourceOf(opened, choice), masks };
  const names = emptyModuleNames(emptyModules(countsOf(withoutIdleModules(opened.config, masks))));
  const without = names === "" ? {} : { without: names };
  const sizes = [
    await sizeOf("masked", async () => ({ files: await exportMasked(source) })),
    await sizeOf("compact", async () => ({ files: await exportCompact(source), ...without })),
    await sizeOf("onnx", async () => ({ files: await exportOnnx(source), ...without })),
  ];
  for (const type of GGUF_TYPES) {
    sizes.push(await sizeOf("gguf", async () => ggufSize(await exportGguf(source, { origin: ORIGIN, type }))));
    if (sizes.at(-1)?.reason !== undefined) break; // the same for every type
  }
  return [...sizes, ...(await maskedSizes(opened, (type) => exportMaskedGguf(source, { origin: ORIGIN, ...type })))];
}

/** The forms of a model whose single weights are pruned. updated: whether the method changed the others. */
export async function weightFormSizes(
  opened: Subject,
  masks: WeightMasks,
  { updated, ...choice }: SizeChoice & { updated: boolean },
): Promise<FormSize[]> {
  const { config, weights } = opened;
  const source = sourceOf(opened, choice);
  const edited = maskedTensors(weights, config, masks);
  const changed = updated ? new Set(masks.map(({ matrix }) => matrix.name)) : weights.changed;
  return [
    await sizeOf("masked", async () => ({ files: await exportWeights({ ...source, masks }) })),
    ...(await maskedSizes(opened, (type) =>
      exportEditedGguf(source, { weights, edited, masks: { weights: masks }, changed }, { origin: ORIGIN, ...type }),
    )),
  ];
}

/** The masked GGUF form in the types of the model's file where that is GGUF, and in every other type. */
async function maskedSizes(
  { folder }: Subject,
  write: (type: { type?: GgufType }) => Promise<GgufExport>,
): Promise<FormSize[]> {
  const sizes: FormSize[] = [];
  for (const type of [...(folder.gguf ? [undefined] : []), ...GGUF_TYPES]) {
    sizes.push(
      await sizeOf("gguf-masked", async () => ggufSize(await write(type ? { type } : {}), type === undefined)),
    );
    if (sizes.at(-1)?.reason !== undefined) break; // the same for every type
  }
  return sizes;
}

const ggufSize = ({ files, type, record }: GgufExport, kept = false) => ({
  ...{ files, type, gguf: record },
  ...(kept ? { kept } : {}),
});

function sourceOf({ folder, config, weights, recovered }: Subject, { dtype }: SizeChoice) {
  return { folder, config, ...(recovered ? { recoveredWeights: weights } : {}), ...(dtype ? { dtype } : {}) };
}

async function sizeOf(
  form: Form,
  write: () => Promise<Omit<FormSize, "form"> & { files: OutputFile[] }>,
): Promise<FormSize> {
  try {
    const { files, ...rest } = await write();
    return { form, ...rest, bytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
  } catch (thrown) {
    return { form, reason: EngineError.from(thrown).message };
  }
}
