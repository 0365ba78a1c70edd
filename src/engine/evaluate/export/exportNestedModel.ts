// Several ratios as one export: the largest compact model and lists that cut each smaller one out of it, checked before it is offered.
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
import type { PerplexityPair } from "../../formats/receipt/receiptTypes.ts";
import type { OpenedModel } from "../../model/open.ts";
import { ownPrecision } from "../../model/ownWeights.ts";
import { streamedLogits } from "../../model/streamedLogits.ts";
import { cutReader } from "../../prune/gates/cutReader.ts";
import type { Masks } from "../../masks/gates.ts";
import type { Precision } from "../../tensor.ts";
import { compareLogits } from "./compareLogits.ts";
import { exportGates, LOGIT_LIMIT, type ExportGatesOptions } from "./exportGates.ts";
import { addFile, attempt, type ExportedForm, type ExportTarget } from "./writeForms.ts";
import { ENGINE_RUNTIME, ownMaskedLogits, roundedLogits } from "./readBack.ts";

/** One ratio of a nested export; its architecture is inside those of larger ratios. */
export interface NestedMember {
  /** The ratio that was asked for. */
  ratio: number;
  masks: Masks;
  perplexity: PerplexityPair[];
}

export interface NestedOptions extends ExportGatesOptions {
  /** Ratios that were cut out and compared; starts when the bytes of `onProgress` are written. */
  onRatio?: (done: number, of: number, note: string) => void;
}

interface ExportedNested {
  /** The compact form; its difference is the largest of all ratios. */
  exported: ExportedForm;
  /** Ascending; empty if the export is not offered. */
  ratios: NestedRatio[];
}

/**
 * Writes the compact form of the largest member with receipt and card, then the lists and nested.json. Reads everything back, cuts every
 * ratio out of what was written and compares its logits with the masked model's. If one differs or cannot be read, the entire export is
 * discarded with a reason. `options.receipt` is that of the largest. Throws "shape" for members that are not inside each other, and what
 * `exportGates` throws.
 */
export async function exportNestedModel(
  ctx: Ctx,
  opened: OpenedModel,
  { members, target }: { members: readonly NestedMember[]; target: ExportTarget },
  options: NestedOptions,
): Promise<ExportedNested> {
  const ascending = [...members].sort((a, b) => a.ratio - b.ratio);
  const largest = ascending.at(-1);
  invariant(largest, "shape", "expected at least one ratio, got none");
  const lists = nestedListsFile(opened.config, largest.masks, ascending);
  const { masks } = largest;
  const [exported] = await exportGates(ctx, opened, { masks, targets: new Map([["compact", target]]) }, options);
  invariant(exported, "bug", "the export of one form returned none");
  const ratios: NestedRatio[] = [];
  if (!exported.ok) return { exported, ratios };
  const put = async (file: OutputFile): Promise<void> => {
    await target.write(file);
    addFile(exported, file);
  };
  await attempt(exported, async () => {
    await put(lists);
    const folder = await target.folder();
    const outer = await readCompact(folder);
    for (const [i, member] of ascending.entries()) {
      if (options.cancelled?.()) throw new EngineError("cancelled", "The export was stopped; nothing is offered.");
      options.onRatio?.(i, ascending.length, `nested: cutting out keep ${member.ratio} and comparing its logits`);
      ratios.push(await checkedRatio(ctx, opened, member, { folder, outer, options }));
    }
    const checks = ratios.map(({ check }) => check);
    exported.largestDifference = Math.max(...checks.map((check) => check.maxAbsLogitDifference));
    exported.equalArgmax = Math.min(...checks.map((check) => check.argmaxAgreement));
    await put(nestedFile(options.receipt.version, ratios));
    await put(await nestedCardFile(copiedFile(await folder.open("README.md")), ratios));
    await readNested(await target.folder());
  });
  if (exported.ok) return { exported, ratios };
  await target.discard();
  return { exported, ratios: [] };
}

/** Cuts one ratio out of the written model. Throws "shape" if its logits are not the masked model's. */
async function checkedRatio(
  ctx: Ctx,
  opened: OpenedModel,
  { ratio, masks, perplexity }: NestedMember,
  { folder, outer, options }: { folder: Folder; outer: CompactModel; options: ExportGatesOptions },
): Promise<NestedRatio> {
  const { ids, dtype, cancelled = () => false, receipt } = options;
  const kept = keptOfRatio(opened.config, masks);
  const lists = await readNestedLists(folder, outer, { ratio, widths: kept.widths });
  const found = await logitsOfCut(ctx, outer, lists, { ids, precision: ownPrecision(opened) });
  const expected = await ownMaskedLogits(ctx, opened, masks, { ids, cancelled });
  const rounded = dtype && (await roundedLogits(ctx, opened, masks, { ids, dtype, cancelled }));
  const reported = compareLogits(expected, found, ids.length);
  const decisive = rounded ? compareLogits(rounded, found, ids.length) : reported;
  const most = LOGIT_LIMIT * decisive.largest;
  invariant(
    decisive.largestDifference <= most,
    "shape",
    `${ratioName(ratio)}: its logits differ by up to ${decisive.largestDifference.toPrecision(3)}, more than ${most.toPrecision(3)}. Prepare it again; if that does not help, report it.`,
  );
  return {
    ...{ ratio, name: ratioName(ratio), ...kept, perplexity },
    check: {
      ...{ runtime: ENGINE_RUNTIME, version: receipt.version, tokens: ids.length },
      ...{ maxAbsLogitDifference: reported.largestDifference, argmaxAgreement: reported.equalArgmax },
    },
    sample: sampleLogits(ids, expected),
  };
}

/** Logits (T, V) of the model that the lists cut out of a compact one. */
function logitsOfCut(
  ctx: Ctx,
  { config, weights }: CompactModel,
  { inside, lists }: NestedLists,
  { ids, precision }: { ids: Uint32Array; precision: Precision },
): Promise<Float32Array> {
  const reader = cutReader(weights, config.family, inside);
  return streamedLogits(ctx, { config, reader, ids }, { lists, precision });
}
