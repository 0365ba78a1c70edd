// The GGUF forms: a cut model in an architecture of llama.cpp with widths per block, or a model with zeros in its own architecture.
import { S4, VECTORS_PER_BLOCK } from "../../../../shared/vectors.ts";
import type { ModelConfig } from "../../../config/config.ts";
import { isFloatDtype } from "../../../dtype.ts";
import { countsOf } from "../../../masks/budget.ts";
import type { Masks } from "../../../masks/gates.ts";
import { emptyModules, withoutIdleModules } from "../../../masks/modules.ts";
import { type ExportModel, type ExportSource, openExportWeights } from "../../export/exportFiles.ts";
import type { Weights } from "../../safetensors/safetensors.ts";
import { widthLists } from "../widthLists.ts";
import { type EditedTensors, gatedTensors } from "./editedTensors.ts";
import { licenceFiles, tokenizerSources } from "./ggufCompanions.ts";
import { GGUF_FILE, ggufOutputFile } from "./ggufFile.ts";
import { compactLayout, type GgufLayout, maskedLayout } from "./ggufLayout.ts";
import { type BlockSizes, type GgufOrigin, modelMetadata } from "./ggufMetadata.ts";
import { fullBlocks, type GgufExport, ggufRecord, typeNotes, windowNote } from "./ggufRecord.ts";
import { fileWidth, ggufTensors, storedTensors } from "./ggufTensors.ts";
import type { GgufType } from "./quantize.ts";
import { type EditedModel, sameGguf } from "./sameGguf.ts";
import { tokenizerMetadata } from "./tokenizerMetadata.ts";

interface GgufChoice {
  /** Element type of the matrices; default: that of the model's matrices. */
  type?: GgufType;
  origin: GgufOrigin;
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
  const { entries, notes } = tokenizerMetadata(await tokenizerSources(folder, config), config);
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
    record: ggufRecord(config, { ...plan, architecture: layout.architecture }, [
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
