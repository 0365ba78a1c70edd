// Plans the GGUF forms: how each is written, read back by the engine, and what its logits are compared with.
import type { Ctx } from "../../ctx.ts";
import { isFloatDtype } from "../../dtype.ts";
import type { ByteSource, Folder } from "../../formats/files/folder.ts";
import { openParts } from "../../formats/gguf/ggufParts.ts";
import { readGgufExport, type StoredModel } from "../../formats/gguf/readGgufExport.ts";
import type { GgufExport } from "../../formats/gguf/write/ggufRecord.ts";
import { GGUF_FILE } from "../../formats/gguf/write/ggufFile.ts";
import { compactLayout } from "../../formats/gguf/write/ggufLayout.ts";
import { loadModel, type LoadOptions, type Model } from "../../model/load.ts";
import type { OpenedModel } from "../../model/open.ts";
import { streamedLogits } from "../../model/streamedLogits.ts";
import type { Precision } from "../../tensor.ts";
import { type CheckedText, compareInLlama, type LlamaReader } from "./llamaCheck.ts";
import { ENGINE_RUNTIME, stopIf } from "./readBack.ts";
import type { ExportTarget, PlannedForm } from "./writeForms.ts";

interface GgufPlan {
  form: "gguf" | "gguf-masked";
  target: ExportTarget;
  write: () => Promise<GgufExport>;
  ids: Uint32Array;
  /** Precision of the model to compare with. */
  precision: Precision;
  /** Version of this program. */
  version: string;
  /** How far logits may differ from those of the stored values, as a share of the largest. */
  limit: number;
  /** Perplexity of a model. */
  perplexityOf?: ((model: Model) => Promise<number>) | undefined;
  /** Opens the file in llama.cpp; left out, it is not checked there. */
  openLlama?: LlamaReader | undefined;
  /** How far off the engine's logits of the stored values are, as a share of the largest. */
  engineLimit: number;
  /** A text whose tokens are compared there. */
  text?: CheckedText | undefined;
  cancelled: () => boolean;
}

/**
 * The GGUF forms that a structurally pruned model is offered in: cut; and masked where it came as GGUF, or where it cannot be cut for
 * llama.cpp, whose reason then comes from the attempt.
 */
export function ggufFormsOf({ config, folder }: Pick<OpenedModel, "config" | "folder">): ("gguf" | "gguf-masked")[] {
  try {
    compactLayout(config);
    return folder.gguf ? ["gguf", "gguf-masked"] : ["gguf"];
  } catch {
    return ["gguf", "gguf-masked"];
  }
}

/**
 * The form reads back what was written and must compute what the stored values compute, which are rounded to the file's type beforehand. Its
 * perplexity is measured from the file where its type is not a float.
 */
export function plannedGguf(ctx: Ctx, plan: GgufPlan): PlannedForm {
  const { form, target, write, limit, precision, version, perplexityOf, cancelled } = plan;
  let written: GgufExport | undefined;
  const onRead = stopIf(cancelled);
  const logitsIn = ({ config, lists, weights: reader }: StoredModel, of: Uint32Array): Promise<Float32Array> =>
    streamedLogits(ctx, { config, reader, ids: of }, { precision, lists, onRead });
  const exported = async (): Promise<GgufExport> => (written ??= await write());
  const { openLlama, text, ids, engineLimit } = plan;
  return {
    ...{ form, target, limit },
    ...(openLlama
      ? {
          checkAgain: async (folder, logits) => {
            const { type, record } = await exported();
            const { architecture } = record;
            return compareInLlama(openLlama, folder, { ids, logits, text, type, architecture, engineLimit, cancelled });
          },
        }
      : {}),
    files: async () => (await exported()).files,
    written: async () => {
      const { type, record } = await exported();
      return { dtype: type, gguf: record };
    },
    rounded: async () => {
      const { type, stored } = await exported();
      if (type === "F32") return undefined;
      return logitsIn(stored, plan.ids);
    },
    read: async (folder) => {
      const stored = await readGgufExport(...(await filesOf(folder)));
      const { type } = await exported();
      return {
        ...{ runtime: ENGINE_RUNTIME, version },
        logits: async (of) => [await logitsIn(stored, of)],
        ...(perplexityOf && !isFloatDtype(type)
          ? { perplexity: () => perplexityStored(ctx, stored, { precision, onProgress: onRead }, perplexityOf) }
          : {}),
        close: () => undefined,
      };
    },
  };
}

/** Perplexity of the whole model on the GPU. Its matrices stay quantised where the file has them so, in the memory of the file. */
async function perplexityStored(
  ctx: Ctx,
  { config, lists, weights, blocks }: StoredModel,
  options: Pick<LoadOptions, "precision" | "onProgress">,
  perplexityOf: (model: Model) => Promise<number>,
): Promise<number> {
  const storage = blocks && {
    dtypeOf: (name: string) => blocks.dtypeOf(name) ?? "f32",
    blocks: blocks.readRows,
  };
  const model = await loadModel(ctx, config, weights, { ...options, ...(lists ? { lists } : { storage }) });
  try {
    return await perplexityOf(model);
  } finally {
    model.free();
  }
}

async function filesOf(folder: Folder): Promise<ByteSource[]> {
  const [first = GGUF_FILE] = folder
    .list()
    .filter((name) => name.endsWith(".gguf"))
    .sort();
  return openParts(folder, first);
}
