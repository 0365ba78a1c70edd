// The GGUF forms: a cut model in an architecture of llama.cpp with widths per block, or a model with zeros in its own architecture.
import { S4, VECTORS_PER_BLOCK } from "../../../../shared/vectors.ts";
import type { ModelConfig } from "../../../config/config.ts";
import { blockLinears } from "../../../config/tensors.ts";
import { isFloatDtype, WEIGHT_TYPES, type WeightType } from "../../../dtype.ts";
import type { GgufRecord } from "../../receipt/receipt.ts";
import { JsonField } from "../../../json/jsonFields.ts";
import { countsOf } from "../../../masks/budget.ts";
import type { Masks } from "../../../masks/gates.ts";
import { type ExportModel, type ExportSource, openExportWeights } from "../../export/exportFiles.ts";
import { isLicence } from "../../files/companions.ts";
import { type ByteSource, type Folder, readJson, readText } from "../../files/folder.ts";
import { copiedFile, type OutputFile } from "../../files/outputFile.ts";
import type { Weights } from "../../safetensors/safetensors.ts";
import { type EditedTensors, gatedTensors } from "./editedTensors.ts";
import { type GgufTensorStream, ggufOutputFile, tensorBytes } from "./ggufFile.ts";
import { mainType } from "../mainType.ts";
import { readParts } from "../ggufParts.ts";
import { maskGguf, type PruningMasks } from "./maskGguf.ts";
import { compactLayout, type GgufLayout, maskedLayout } from "./ggufLayout.ts";
import { type BlockSizes, type GgufOrigin, modelMetadata } from "./ggufMetadata.ts";
import { fileWidth, ggufTensors, roundedTensors, storedTensors } from "./ggufTensors.ts";
import type { StoredModel } from "../readGgufExport.ts";
import { widthLists } from "../widthLists.ts";
import type { GgufType } from "./quantize.ts";
import { tokenizerMetadata } from "./tokenizerMetadata.ts";

/** The name of the file in its folder. */
export const GGUF_FILE = "model.gguf";

interface GgufChoice {
  /** Element type of the matrices; default: that of the model's matrices. */
  type?: GgufType;
  origin: GgufOrigin;
}

export interface GgufExport {
  files: OutputFile[];
  /** Element type of most matrices. */
  type: WeightType;
  record: GgufRecord;
  /** What the file stores, made without it: to compare the file with. */
  stored: StoredModel;
}

/**
 * The compact GGUF form: s4 is cut block by block, s1, s2, s3 and s5 are zeros. Attention that the masks empty is left out where the
 * architecture allows it. Throws "unsupported" with the field of config.json or tokenizer.json that llama.cpp does not compute alike, "shape"
 * for masks of another model, "format" for weights that do not fit the config.
 */
export async function exportGguf(source: ExportSource, choice: GgufChoice): Promise<GgufExport> {
  const layout = compactLayout(source.config);
  const weights = await openExportWeights(source);
  const type = typeOf(weights, choice.type);
  const { config } = source;
  const masks = withoutSilentMlps(config, source.masks);
  const edited = gatedTensors(weights, config.family, masks, true);
  const { blocks, added } = sizesOf(config, layout, masks, type);
  return written(source, { layout, edited, type, origin: choice.origin, blocks, added });
}

/** The masked GGUF form of a model pruned by selection vectors. Throws what `exportGguf` throws. */
export async function exportMaskedGguf(source: ExportSource, choice: GgufChoice): Promise<GgufExport> {
  const weights = await openExportWeights(source);
  const edited = gatedTensors(weights, source.config.family, source.masks, false);
  return exportEditedGguf(source, { weights, edited, masks: { gates: source.masks } }, choice);
}

/** A model whose tensors keep their shapes. */
interface EditedModel {
  weights: Weights;
  edited: EditedTensors;
  /** The masks, if they alone give the edited values. */
  masks?: PruningMasks;
}

/** The masked GGUF form of a model whose tensors keep their shapes. Throws what `exportGguf` throws. */
export async function exportEditedGguf(
  source: ExportModel,
  { weights, edited, masks }: EditedModel,
  choice: GgufChoice,
): Promise<GgufExport> {
  const { config, folder } = source;
  if (folder.gguf && masks && !choice.type && !source.recoveredWeights)
    return sameGguf(source, folder.gguf, edited, masks);
  const layout = maskedLayout(config);
  const type = typeOf(weights, choice.type);
  return written(source, { layout, edited, type, origin: choice.origin, blocks: fullBlocks(config), added: 0 });
}

/** The files that the model came as, with zeros. */
async function sameGguf(
  { config, folder }: ExportModel,
  parts: readonly ByteSource[],
  edited: EditedTensors,
  masks: PruningMasks,
): Promise<GgufExport> {
  const masked: Awaited<ReturnType<typeof maskGguf>>[] = [];
  for (const part of parts)
    masked.push(await maskGguf(part, parts.length > 1 ? part.name : GGUF_FILE, { config, masks }));
  const { header } = await readParts(parts);
  const converted = masked.flatMap((one) => one.converted);
  const plain = mainType(header.tensors.values());
  const architecture = String(header.metadata.get("general.architecture"));

  const note = `${converted.length} of the matrices are Q8_0 instead of a type that cannot store zeros beside other values: ${some(converted)}.`;
  return {
    files: [...masked.map(({ file }) => file), ...(await licenceFiles(folder))],
    type: WEIGHT_TYPES.find((type) => type === plain) ?? "F32",
    record: recordOf(
      config,
      { architecture, blocks: fullBlocks(config), added: 0 },
      converted.length > 0 ? [note] : [],
    ),
    stored: { config, weights: roundedTensors(config, edited, new Set(converted)) },
  };
}

interface Plan {
  layout: GgufLayout;
  edited: EditedTensors;
  type: GgufType;
  origin: GgufOrigin;
  blocks: readonly BlockSizes[];
  /** MLP dimensions of zeros in all blocks. */
  added: number;
}

async function written({ folder, config }: ExportModel, plan: Plan): Promise<GgufExport> {
  const { layout, edited, type, origin, blocks } = plan;
  const { entries, notes } = tokenizerMetadata(await tokenizerFiles(folder), config);
  const tensors = ggufTensors(config, layout, edited, { type, blocks });
  const file = ggufOutputFile(
    GGUF_FILE,
    [...modelMetadata(config, layout, { blocks, type, origin }), ...entries],
    tensors,
  );
  return {
    files: [file, ...(await licenceFiles(folder))],
    type,
    stored: {
      config,
      weights: storedTensors(config, layout, edited, { type, blocks }),
      ...(layout.perBlock
        ? {
            lists: widthLists(
              config.dModel,
              blocks.map(({ mlp }) => mlp),
            ),
          }
        : {}),
    },
    record: recordOf(config, { ...plan, architecture: layout.architecture }, [
      ...notes,
      ...windowNote(config),
      ...typeNotes(tensors, type),
    ]),
  };
}

/** The model's own type where none is chosen; what is not a float does not occur. */
function typeOf(weights: Weights, chosen?: GgufType): GgufType {
  const matrix = weights.names.find((name) => weights.info(name).shape.length === 2);
  const dtype = matrix === undefined ? "F32" : weights.info(matrix).dtype;
  return chosen ?? (isFloatDtype(dtype) ? dtype : "F32");
}

/** The masks with an empty s4 where the MLP has no input or no output, and so adds nothing. Biases of the MLP can make an output of no input. */
function withoutSilentMlps({ design }: ModelConfig, masks: Masks): Masks {
  const counts = countsOf(masks);
  return masks.map((mask, vector) => {
    if (vector % VECTORS_PER_BLOCK !== S4) return mask;
    const silent = counts[vector + 1] === 0 || (counts[vector - 1] === 0 && !design.biases.mlp);
    return silent ? new Uint8Array(mask.length) : mask;
  });
}

/** What each block has in the file, and how many MLP dimensions of zeros that adds. */
function sizesOf(
  config: ModelConfig,
  layout: GgufLayout,
  masks: Masks,
  type: GgufType,
): { blocks: BlockSizes[]; added: number } {
  const counts = countsOf(masks);
  const { heads, kvHeads, design } = config;
  let added = 0;
  const blocks = Array.from({ length: config.layers }, (_, block) => {
    const [s1 = 0, s2 = 0, , s4 = 0] = counts.slice(block * VECTORS_PER_BLOCK);
    // biases can make an output of no input
    const silent = s2 === 0 || (s1 === 0 && !design.biases.qkv && !design.biases.o);
    // llama.cpp takes the width of a head from the first block
    const attention = layout.dropsAttention && silent && block > 0 ? { heads: 0, kvHeads: 0 } : { heads, kvHeads };
    const mlp = fileWidth(s4, type);
    added += mlp - s4;
    return { ...attention, mlp };
  });
  return { blocks, added };
}

/** Widths of the dense model. */
const fullBlocks = ({ layers, heads, kvHeads, dMlp }: ModelConfig): BlockSizes[] =>
  Array.from({ length: layers }, () => ({ heads, kvHeads, mlp: dMlp }));

function recordOf(
  config: ModelConfig,
  { architecture, blocks, added }: { architecture: string; blocks: readonly BlockSizes[]; added: number },
  notes: readonly string[],
): GgufRecord {
  const weightsOf = (...roles: readonly string[]): number =>
    blockLinears(config)
      .filter(({ role }) => roles.includes(role))
      .reduce((sum, { shape }) => sum + shape[0] * shape[1], 0);
  const [attention, mlp] = [weightsOf("q", "k", "v", "o"), weightsOf("up", "down")];
  const kept = blocks.map((block) => (block.heads === 0 ? 0 : attention) + (mlp * block.mlp) / config.dMlp);
  return {
    architecture,
    notes,
    blockWeights: { kept: kept.reduce((sum, n) => sum + n, 0), of: config.layers * (attention + mlp) },
    addedDimensions: added,
    withoutAttention: blocks.filter(({ heads }) => heads === 0).length,
  };
}

function windowNote({ context, window }: ModelConfig): string[] {
  if (window === undefined || window >= context) return [];
  return [
    `The base model attends to the last ${window} tokens, llama.cpp to all; the file states a context of ${window}, within which they are equal.`,
  ];
}

/** Matrices that are not stored in the chosen type. */
function typeNotes(tensors: readonly GgufTensorStream[], type: GgufType): string[] {
  const others = tensors.filter((tensor) => tensor.shape.length > 1 && tensor.type !== type);
  if (others.length === 0) return [];
  const kinds = [...new Set(others.map((tensor) => tensor.type))];
  const bytes = others.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  return [
    `${others.length} of the matrices are in ${kinds.join(" and ")} instead of ${type} (${bytes} bytes): ${some(others.map(({ name }) => name))}.`,
  ];
}

/** A few names, and whether there are more. */
const some = (names: readonly string[]): string =>
  `${names.slice(0, 3).join(", ")}${names.length > 3 ? " and others" : ""}`;

async function licenceFiles(folder: Folder): Promise<OutputFile[]> {
  const names = folder.list().filter(isLicence).sort();
  return Promise.all(names.map(async (name) => copiedFile(await folder.open(name), name)));
}

/** tokenizer.json, tokenizer_config.json and the chat template. */
async function tokenizerFiles(folder: Folder): Promise<Parameters<typeof tokenizerMetadata>[0]> {
  const names = folder.list();
  const configFile = "tokenizer_config.json";
  const config = names.includes(configFile) ? await readJson(await folder.open(configFile)) : {};
  const template = "chat_template.jinja";
  return {
    tokenizer: new JsonField(await readJson(await folder.open("tokenizer.json")), "tokenizer.json"),
    config: config as Record<string, unknown>,
    ...(names.includes(template) ? { chatTemplate: await readText(await folder.open(template)) } : {}),
  };
}
