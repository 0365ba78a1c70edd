// Opens a written form again: the engine's readers for masked and compact, and the interface for readers in other runtimes.
import type { Ctx } from "../../ctx.ts";
import { EngineError, invariant } from "../../errors.ts";
import { type FloatDtype, fromFloat32, toFloat32 } from "../../dtype.ts";
import type { Folder } from "../../formats/files/folder.ts";
import { readRawConfig } from "../../formats/export/exportFiles.ts";
import { readCompact } from "../../formats/export/readCompact.ts";
import { decoderForward } from "../../model/decoder.ts";
import type { ModelConfig } from "../../config/config.ts";
import type { Model, WeightReader } from "../../model/load.ts";
import type { OpenedModel } from "../../model/open.ts";
import { ownPrecision } from "../../model/ownWeights.ts";
import { maskedModel, maskedSelection } from "../../model/maskedModel.ts";
import { contradictingFields, resolveFiles } from "../../model/resolveFiles.ts";
import { streamedLogits } from "../../model/streamedLogits.ts";
import { checkWeights } from "../../model/weights.ts";
import type { Masks } from "../../masks/gates.ts";
import type { Precision } from "../../tensor.ts";

/** A form opened by a runtime. */
export interface OpenedForm {
  /** Name and version of the runtime, as the receipt states them. */
  readonly runtime: string;
  readonly version: string;
  /** Logits (T, V) of the ids, once for each way that the runtime can compute them (all ids at once, with the KV cache). */
  logits(ids: Uint32Array): Promise<readonly Float32Array[]>;
  /** Perplexity of what the form stores, where it can be measured. */
  perplexity?(): Promise<number>;
  /** Frees the runtime's memory. */
  close(): void;
}

/** Opens a form as a user's program would: it reads nothing but the folder that was written. */
export type FormReader = (folder: Folder, cancelled: () => boolean) => Promise<OpenedForm>;

export const ENGINE_RUNTIME = "Espalier engine (WebGPU)";

/** The engine as the reader of a form, one block at a time. version: of this program; precision: that of the model to compare with. */
export function engineReader(
  ctx: Ctx,
  form: "masked" | "compact",
  { version, precision }: { version: string; precision: Precision },
): FormReader {
  return async (folder, cancelled) => {
    const { lists, ...read } = await reread(form, folder);
    return {
      runtime: ENGINE_RUNTIME,
      version,
      logits: async (ids) => [
        await streamedLogits(ctx, { ...read, ids }, { precision, lists, onRead: stopIf(cancelled) }),
      ],
      close: () => undefined,
    };
  };
}

/** A progress callback that throws "cancelled" once the export is stopped. */
export const stopIf = (cancelled: () => boolean) => (): void => {
  if (cancelled()) throw new EngineError("cancelled", "The export was stopped; no partly written file is left.");
};

async function reread(
  form: "masked" | "compact",
  folder: Folder,
): Promise<{ config: ModelConfig; reader: WeightReader; lists?: readonly Uint32Array[] }> {
  if (form === "compact") {
    const { config, lists, weights } = await readCompact(folder);
    expectAgreement(await contradictingFields(await readRawConfig(folder), config, weights));
    return { config, reader: weights, lists };
  }
  const { config, weights, contradictions } = await resolveFiles(folder);
  expectAgreement(contradictions);
  checkWeights(config, weights);
  return { config, reader: weights };
}

/**
 * Programs resolve contradictions between config.json and weights differently (a tied flag beside a head of its own, a dtype that the
 * weights do not have), so a written form must have none. Throws "format".
 */
function expectAgreement(contradictions: readonly string[]): void {
  invariant(
    contradictions.length === 0,
    "format",
    `config.json: ${contradictions.join(", ")}: expected what fits the written weights, got something else. Other programs would compute something else with this form. Prepare it again; if that does not help, report it.`,
  );
}

/**
 * Logits (T, V) of the model with the masks multiplied in and the weights of its file, which exports have; every form has to compute these.
 * Where the open model was quantised on opening, they are read from the file.
 */
export async function ownMaskedLogits(
  ctx: Ctx,
  opened: OpenedModel,
  masks: Masks,
  { ids, cancelled }: { ids: Uint32Array; cancelled: () => boolean },
): Promise<Float32Array> {
  const { model, weights } = opened;
  if (model.quantised) return maskedLogitsOf(ctx, opened, { reader: weights, masks, ids, cancelled });
  const pruned = maskedModel(ctx, model, masks);
  try {
    return await logitsOf(ctx, pruned, ids);
  } finally {
    pruned.free();
  }
}

/**
 * The same with weights rounded as an export in `dtype` stores them; undefined if that changes no weight. How far rounding moves logits
 * depends on the model (its depth, its masks), so a rounded form is compared with these, within the limit of an exact form.
 */
export async function roundedLogits(
  ctx: Ctx,
  opened: Pick<OpenedModel, "config" | "weights" | "model" | "dtype">,
  masks: Masks,
  { ids, dtype, cancelled }: { ids: Uint32Array; dtype: FloatDtype; cancelled: () => boolean },
): Promise<Float32Array | undefined> {
  const { weights } = opened;
  if (dtype === "F32" || weights.names.every((name) => weights.info(name).dtype === dtype)) return undefined;
  const reader: WeightReader = {
    has: (name) => weights.has(name),
    info: (name) => weights.info(name),
    readFloat32: async (name) => toFloat32(fromFloat32(await weights.readFloat32(name), dtype), dtype),
  };
  return maskedLogitsOf(ctx, opened, { reader, masks, ids, cancelled });
}

/** Logits of what a reader has, with the masks multiplied in, one block at a time. */
async function maskedLogitsOf(
  ctx: Ctx,
  opened: Pick<OpenedModel, "config" | "model" | "dtype">,
  given: { reader: WeightReader; masks: Masks; ids: Uint32Array; cancelled: () => boolean },
): Promise<Float32Array> {
  const { reader, masks, ids, cancelled } = given;
  const { selection, free } = maskedSelection(ctx, opened.config, masks);
  const options = { precision: ownPrecision(opened), selection, onRead: stopIf(cancelled) };
  try {
    return await streamedLogits(ctx, { config: opened.config, reader, ids }, options);
  } finally {
    free();
  }
}

/** Logits (T, V) of a model with its own selection. */
export async function logitsOf(ctx: Ctx, model: Model, ids: Uint32Array): Promise<Float32Array> {
  const logits = ctx.step(() => {
    const tokens = ctx.upload(ids, [ids.length], "ids");
    return decoderForward(ctx, model, tokens, { selection: model.selection });
  });
  return ctx.read(logits);
}
