// Several ratios as one export: the largest compact model, and lists that cut each smaller one out of it, checked before it is offered.
import type { Ctx } from "../../ctx.ts";
import { EngineError, invariant } from "../../errors.ts";
import {
  keptOfRatio,
  nestedCardFile,
  nestedFile,
  nestedListsFile,
  type NestedRatio,
  ratioName,
} from "../../formats/export/exportNested.ts";
import type { Folder } from "../../formats/files/folder.ts";
import { sampleLogits } from "../../formats/receipt/logitSample.ts";
import { copiedFile, type OutputFile } from "../../formats/files/outputFile.ts";
import { type CompactModel, readCompact } from "../../formats/export/readCompact.ts";
import { type NestedLists, readNested, readNestedLists } from "../../formats/export/readNested.ts";
import type { PerplexityPair } from "../../formats/receipt/receipt.ts";
import { loadModel } from "../../model/load.ts";
import type { OpenedModel } from "../../model/open.ts";
import { cutReader } from "../../prune/gates/cutReader.ts";
import type { Masks } from "../../masks/gates.ts";
import type { Precision } from "../../tensor.ts";
import { compareLogits } from "./compareLogits.ts";
import { exportGates, LOGIT_LIMIT, type ExportGatesOptions } from "./exportGates.ts";
import { addFile, attempt, type ExportedForm, type ExportTarget } from "./writeForms.ts";
import { ENGINE_RUNTIME, logitsOf, maskedLogits, roundedLogits } from "./readBack.ts";

/** One ratio: its architecture lies inside those of larger ratios. */
export interface NestedMember {
  /** Asked kept share of the block weights. */
  ratio: number;
  masks: Masks;
  perplexity: PerplexityPair[];
}

export interface NestedOptions extends ExportGatesOptions {
  /** Ratios that were cut out and compared, after the bytes of `onProgress`. */
  onRatio?: (done: number, of: number, note: string) => void;
}

export interface ExportedNested {
  /** The compact form, its difference the largest of all ratios. */
  delivery: ExportedForm;
  /** Ascending; none where it is not offered. */
  ratios: NestedRatio[];
}

/**
 * Writes the compact form of the largest member with receipt and card, then the lists and nested.json, reads everything back, cuts every
 * ratio out of what was written and compares its logits with the masked model's. What differs or cannot be read is discarded as a whole
 * and says why. `options.receipt` is of the largest. Throws "shape" for members that do not lie inside each other, and what `deliver` throws.
 */
export async function exportNestedModel(
  ctx: Ctx,
  opened: OpenedModel,
  members: readonly NestedMember[],
  place: ExportTarget,
  options: NestedOptions,
): Promise<ExportedNested> {
  const ascending = [...members].sort((a, b) => a.ratio - b.ratio);
  const largest = ascending.at(-1);
  invariant(largest, "shape", "expected one ratio at least, got none");
  const lists = nestedListsFile(opened.config, largest.masks, ascending);
  const [delivery] = await exportGates(ctx, opened, largest.masks, new Map([["compact", place]]), options);
  invariant(delivery, "bug", "the compact form was not delivered");
  const ratios: NestedRatio[] = [];
  if (!delivery.ok) return { delivery, ratios };
  const put = async (file: OutputFile): Promise<void> => {
    await place.write(file);
    addFile(delivery, file);
  };
  await attempt(delivery, async () => {
    await put(lists);
    const folder = await place.folder();
    const whole = await readCompact(folder);
    for (const [i, member] of ascending.entries()) {
      if (options.cancelled?.()) throw new EngineError("cancelled", "The export was stopped; nothing is offered.");
      options.onRatio?.(i, ascending.length, `nested: cutting keep ${member.ratio} and comparing logits`);
      ratios.push(await checkedRatio(ctx, opened, member, { folder, whole, options }));
    }
    const worst = ratios.map(({ check }) => check);
    delivery.largestDifference = Math.max(...worst.map((check) => check.maxAbsLogitDifference));
    delivery.equalArgmax = Math.min(...worst.map((check) => check.argmaxAgreement));
    await put(nestedFile(options.receipt.version, ratios));
    await put(await nestedCardFile(copiedFile(await folder.open("README.md")), ratios));
    await readNested(await place.folder());
  });
  if (delivery.ok) return { delivery, ratios };
  await place.discard();
  return { delivery, ratios: [] };
}

/** Cuts one ratio out of the written model. Throws "shape" where its logits are not the masked model's. */
async function checkedRatio(
  ctx: Ctx,
  opened: OpenedModel,
  { ratio, masks, perplexity }: NestedMember,
  { folder, whole, options }: { folder: Folder; whole: CompactModel; options: ExportGatesOptions },
): Promise<NestedRatio> {
  const { ids, dtype, cancelled = () => false, receipt } = options;
  const kept = keptOfRatio(opened.config, masks);
  const lists = await readNestedLists(folder, whole, { ratio, widths: kept.widths });
  const found = await logitsOfCut(ctx, whole, lists, ids, opened.model.precision);
  const expected = await maskedLogits(ctx, opened.model, masks, ids);
  const rounded = dtype && (await roundedLogits(ctx, opened, masks, { ids, dtype, cancelled }));
  const told = compareLogits(expected, found, ids.length);
  const decisive = rounded ? compareLogits(rounded, found, ids.length) : told;
  const most = LOGIT_LIMIT * decisive.largest;
  invariant(
    decisive.largestDifference <= most,
    "shape",
    `${ratioName(ratio)}: its logits differ by up to ${decisive.largestDifference.toPrecision(3)}, more than ${most.toPrecision(3)}; prepare it again, and report it if it stays`,
  );
  return {
    ...{ ratio, name: ratioName(ratio), ...kept, perplexity },
    check: {
      ...{ runtime: ENGINE_RUNTIME, version: receipt.version, tokens: ids.length },
      ...{ maxAbsLogitDifference: told.largestDifference, argmaxAgreement: told.equalArgmax },
    },
    sample: sampleLogits(ids, expected),
  };
}

/** Logits (T, V) of a part of a compact model. */
async function logitsOfCut(
  ctx: Ctx,
  { config, weights }: CompactModel,
  { inside, lists }: NestedLists,
  ids: Uint32Array,
  precision: Precision,
): Promise<Float32Array> {
  const model = await loadModel(ctx, config, cutReader(weights, config.family, inside), { lists, precision });
  try {
    return await logitsOf(ctx, model, ids);
  } finally {
    model.free();
  }
}
