// Chooses the matmul kernels of a model: from the table that was stored for this adapter, or by measuring.
import type { ModelConfig } from "../config/modelConfig.ts";
import type { Ctx } from "../ctx.ts";
import { EngineError } from "../errors.ts";
import type { MatmulShape, MatmulTable } from "../matmul/matmulTable.ts";
import { type ModelLengths, modelShapes } from "../matmul/modelShapes.ts";
import { useMatmulTable } from "../ops/kit/matmulChoice.ts";
import { tuneMatmul } from "../ops/registry/tune.ts";
import { type TunedShapes, type TuneOptions, tuneShapes } from "../ops/registry/tuneShapes.ts";
import { sentence } from "../../shared/format.ts";
import { matmulFileName, readStoredMatmul, storedMatmulText, subjectOf } from "./storedMatmul.ts";

/** Where tables are kept between sessions, as small files. */
export interface MatmulStore {
  /** Undefined if there is no file of this name. */
  read: (name: string) => Promise<string | undefined>;
  write: (name: string, text: string) => Promise<void>;
}

interface TuneModelOptions extends ModelLengths, TuneOptions {
  /** Default: nothing is kept. */
  store?: MatmulStore;
  /** Name and version of the browser. */
  browser: string;
}

/** The kernels that a model got. */
export interface TunedModel {
  table: MatmulTable;
  from: "stored" | "measured";
  /** Full sentences: what was wrong with a stored table, or why the measured one could not be stored. */
  notes: string[];
}

/**
 * Sets ctx.matmul for a model. A graphics card gets a table with a kernel for each class of shapes. A software adapter gets one kernel for
 * all, since matmuls take long to time there. Throws "cancelled" and what the GPU refuses; ctx.matmul is then as before.
 */
export async function tuneModel(ctx: Ctx, config: ModelConfig, options: TuneModelOptions): Promise<TunedModel> {
  const { store, browser, ...tuning } = options;
  const { name: adapter, software } = ctx.gpu.facts;
  const shapes = software ? [] : modelShapes(config, options);
  const subject = subjectOf(adapter, browser, shapes);
  const file = await matmulFileName(subject);
  const notes: string[] = [];
  try {
    const text = await store?.read(file);
    if (text !== undefined) {
      const table = readStoredMatmul(text, subject, file);
      const refused = useMatmulTable(ctx, table);
      if (refused === undefined) return { table, from: "stored", notes };
      notes.push(`The stored choice of matmul kernels was not used. ${refused}`);
    }
  } catch (error) {
    notes.push(`The stored choice of matmul kernels was not used: ${sentence(EngineError.from(error).message)}`);
  }
  const { table, unfinished } = await measured(ctx, shapes, tuning);
  if (unfinished) {
    notes.push("Some matmul kernels took too long to compile to be timed; the next opening measures them again.");
    return { table, from: "measured", notes };
  }
  try {
    await store?.write(file, storedMatmulText(subject, table));
  } catch (error) {
    const reason = sentence(EngineError.from(error).message);
    notes.push(`The choice of matmul kernels could not be stored, so the next opening measures again: ${reason}`);
  }
  return { table, from: "measured", notes };
}

/** Measures, and sets ctx.matmul. */
async function measured(ctx: Ctx, shapes: readonly MatmulShape[], options: TuneOptions): Promise<TunedShapes> {
  const before = ctx.matmul;
  try {
    return await ctx.gpu.checked("the first kernels", async () => {
      if (shapes.length > 0) {
        const tuned = await tuneShapes(ctx, shapes, options);
        ctx.matmul = tuned.table;
        return tuned;
      }
      options.onProgress?.(0, 1);
      await tuneMatmul(ctx);
      options.onProgress?.(1, 1);
      return { table: ctx.matmulTable, unfinished: false };
    });
  } catch (error) {
    ctx.matmul = before;
    throw error;
  }
}
