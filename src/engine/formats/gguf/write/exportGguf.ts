// The GGUF forms: a cut model in an architecture of llama.cpp with widths per block, or a model with zeros in its own architecture.
import { S4, VECTORS_PER_BLOCK } from "../../../../shared/vectors.ts";
import type { ModelConfig } from "../../../config/config.ts";
import { blockLinears } from "../../../config/tensors.ts";
import { isFloatDtype, WEIGHT_TYPES, type WeightType } from "../../../dtype.ts";
import type { GgufRecord } from "../../receipt/receipt.ts";
import { JsonField } from "../../../json/jsonFields.ts";
import { countsOf } from "../../../masks/budget.ts";
import type { Masks } from "../../../masks/gates.ts";
import { emptyModules, withoutIdleModules } from "../../../masks/modules.ts";
import { type ExportModel, type ExportSource, openExportWeights } from "../../export/exportFiles.ts";
import { isLicence } from "../../files/companions.ts";
import { type ByteSource, type Folder, readJson, readText } from "../../files/folder.ts";
import { copiedFile, type OutputFile } from "../../files/outputFile.ts";
import type { Weights } from "../../safetensors/safetensors.ts";
import { type EditedTensors, gatedTensors } from "./editedTensors.ts";
import { type GgufTensorStream, ggufOutputFile, tensorBytes } from "./ggufFile.ts";
import { mainType } from "../mainType.ts";
import { readParts } from "../ggufParts.ts";
import type { GgufHeader } from "../header.ts";
import { ggufTensorName } from "../tensorViews.ts";
import { maskGguf, type PruningMasks } from "./maskGguf.ts";
import { compactLayout, type GgufLayout, maskedLayout } from "./ggufLayout.ts";
import { type BlockSizes, type GgufOrigin, modelMetadata } from "./ggufMetadata.ts";
import { fileWidth, ggufTensors, roundedTensors, storedTensors } from "./ggufTensors.ts";
import type { StoredModel } from "../readGgufExport.ts";
import { widthLists } from "../widthLists.ts";
import { fillsBlocks, GGUF_TYPES, type GgufType } from "./quantize.ts";
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
  const masks = withoutIdleModules(config, source.masks);
  const edited = gatedTensors(weights, config.family, masks, true);
  const { blocks, added } = sizesOf(config, layout, masks, type);
  return written(source, { layout, edited, type, origin: choice.origin, blocks, added });
}

/** The masked GGUF form of a model pruned by selection vectors. Throws what `exportGguf` throws. */
export async function exportMaskedGguf(source: ExportSource, choice: GgufChoice): Promise<GgufExport> {
  const weights = await openExportWeights(source);
  const edited = gatedTensors(weights, source.config.family, source.masks, false);
  const { changed } = source.recoveredWeights ?? {};
  return exportEditedGguf(source, { weights, edited, masks: { gates: source.masks }, changed }, choice);
}

/** A model whose tensors keep their shapes. */
interface EditedModel {
  weights: Weights;
  edited: EditedTensors;
  masks: PruningMasks;
  /** Names of the tensors whose kept weights were changed as well. */
  changed?: ReadonlySet<string> | undefined;
}

/** The masked GGUF form of a model whose tensors keep their shapes. Throws what `exportGguf` throws. */
export async function exportEditedGguf(
  source: ExportModel,
  model: EditedModel,
  choice: GgufChoice,
): Promise<GgufExport> {
  const { config, folder } = source;
  const { weights, edited } = model;
  const same = folder.gguf && !choice.type && (await sameGguf(source, folder.gguf, model));
  if (same) return same;
  const layout = maskedLayout(config);
  const type = typeOf(weights, choice.type);
  return written(source, { layout, edited, type, origin: choice.origin, blocks: fullBlocks(config), added: 0 });
}

/**
 * The files that the model came as, with zeros, and with changed tensors quantised again. Undefined where the files have a changed tensor
 * in parts or joined with others.
 */
async function sameGguf(
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
    record: recordOf(config, { architecture, blocks: fullBlocks(config), added: 0 }, notes),
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

const kindsOf = (tensors: readonly GgufTensorStream[]): string =>
  [...new Set(tensors.map(({ type }) => type))].join(" and ");

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

/** What each block has in the file, and how many MLP dimensions of zeros that adds. */
function sizesOf(
  config: ModelConfig,
  layout: GgufLayout,
  masks: Masks,
  type: GgufType,
): { blocks: BlockSizes[]; added: number } {
  const counts = countsOf(masks);
  const { heads, kvHeads } = config;
  const empty = emptyModules(counts);
  let added = 0;
  const blocks = Array.from({ length: config.layers }, (_, block) => {
    const s4 = counts[block * VECTORS_PER_BLOCK + S4] ?? 0;
    // llama.cpp takes the width of a head from the first block
    const dropped = layout.dropsAttention && block > 0 && empty.attention.includes(block);
    const attention = dropped ? { heads: 0, kvHeads: 0 } : { heads, kvHeads };
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
  const bytes = others.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  return [
    `${others.length} of the matrices are in ${kindsOf(others)} instead of ${type} (${bytes} bytes): ${some(others.map(({ name }) => name))}.`,
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
