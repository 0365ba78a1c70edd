// The masked GGUF form of a model that came as GGUF: its own files, with zeros and with the tensors whose weights changed.
import type { ModelConfig } from "../../../config/config.ts";
import { WEIGHT_TYPES } from "../../../dtype.ts";
import type { ExportModel } from "../../export/exportFiles.ts";
import type { ByteSource } from "../../files/folder.ts";
import type { Weights } from "../../safetensors/safetensors.ts";
import { readParts } from "../ggufParts.ts";
import type { GgufHeader } from "../header.ts";
import { mainType } from "../mainType.ts";
import { ggufTensorName } from "../tensorViews.ts";
import type { EditedTensors } from "./editedTensors.ts";
import { licenceFiles } from "./ggufCompanions.ts";
import { GGUF_FILE, type GgufTensorStream } from "./ggufFile.ts";
import { maskedLayout } from "./ggufLayout.ts";
import { fullBlocks, type GgufExport, kindsOf, ggufRecord, some } from "./ggufRecord.ts";
import { ggufTensors, roundedTensors } from "./ggufTensors.ts";
import { maskGguf, type PruningMasks } from "./maskGguf.ts";
import { fillsBlocks, GGUF_TYPES, type GgufType } from "./quantize.ts";

/** A model whose tensors keep their shapes. */
export interface EditedModel {
  weights: Weights;
  edited: EditedTensors;
  masks: PruningMasks;
  /** Names of the tensors whose kept weights were changed as well. */
  changed?: ReadonlySet<string> | undefined;
}

/**
 * The files that the model came as, with zeros, and with changed tensors quantised again. Undefined where the files have a changed tensor
 * in parts or joined with others.
 */
export async function sameGguf(
  { config, folder }: ExportModel,
  parts: readonly ByteSource[],
  { edited, masks, changed }: EditedModel,
): Promise<GgufExport | undefined> {
  const { header } = await readParts(parts);
  const again = changedTensors(config, edited, header, changed);
  if (!again) return undefined;
  const masked: Awaited<ReturnType<typeof maskGguf>>[] = [];
  for (const part of parts) {
    const name = parts.length > 1 ? part.name : GGUF_FILE;
    masked.push(await maskGguf(part, name, { config, masks, changed: again.streams }));
  }
  const converted = masked.flatMap((one) => one.converted);
  const plain = mainType(header.tensors.values());
  const architecture = String(header.metadata.get("general.architecture"));
  const rounding = new Map([...converted.map((name) => [name, "Q8_0"] as const), ...again.types]);
  const notes = [
    ...(converted.length > 0
      ? [
          `${converted.length} of the matrices are Q8_0 instead of a type that cannot store zeros beside other values: ${some(converted)}.`,
        ]
      : []),
    ...again.notes,
  ];
  return {
    files: [...masked.map(({ file }) => file), ...(await licenceFiles(folder))],
    type: WEIGHT_TYPES.find((type) => type === plain) ?? (rounding.size > 0 ? "Q8_0" : "F32"),
    record: ggufRecord(config, { architecture, blocks: fullBlocks(config), added: 0 }, notes),
    stored: { config, weights: roundedTensors(config, edited, rounding) },
  };
}

/** Changed tensors by their names in the file, their types by the names of transformers, and what a user should know about them. */
interface ChangedTensors {
  streams: ReadonlyMap<string, GgufTensorStream>;
  types: ReadonlyMap<string, GgufType>;
  notes: readonly string[];
}

/** Tensors whose kept weights were changed, in their own types where an export can write those, otherwise in Q8_0. */
function changedTensors(
  config: ModelConfig,
  edited: EditedTensors,
  { tensors }: Pick<GgufHeader, "tensors">,
  changed: ReadonlySet<string> = new Set(),
): ChangedTensors | undefined {
  if (changed.size === 0) return { streams: new Map(), types: new Map(), notes: [] };
  const typeOf = (name: string, shape: readonly number[]): GgufType | undefined => {
    const own = tensors.get(name)?.type.name;
    const known = GGUF_TYPES.find((type) => type === own);
    return known ?? (shape.length > 1 && fillsBlocks("Q8_0", shape.at(-1) ?? 0) ? "Q8_0" : undefined);
  };
  const choice = { type: "Q8_0", typeOf, blocks: fullBlocks(config) } as const;
  const all = new Map(ggufTensors(config, maskedLayout(config), edited, choice).map((tensor) => [tensor.name, tensor]));
  const streams = new Map<string, GgufTensorStream>();
  const types = new Map<string, GgufType>();
  for (const name of changed) {
    const stream = all.get(ggufTensorName(config.family, name).name);
    if (!stream || !tensors.has(stream.name)) return undefined;
    streams.set(stream.name, stream);
    const type = GGUF_TYPES.find((one) => one === stream.type);
    if (type) types.set(name, type);
  }
  const others = [...streams.values()].filter(({ name, type }) => tensors.get(name)?.type.name !== type);
  const stated =
    others.length > 0 ? `; ${others.length} of them are ${kindsOf(others)}, as their own type is not written here` : "";
  return {
    streams,
    types,
    notes: [`${streams.size} of the matrices were quantised again after their weights had changed${stated}.`],
  };
}
