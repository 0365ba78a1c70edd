// Reads finished runs from a JSON file or the browser's database: checks every field and mask; errors name the field.
import { bitsetFault, unpackBits } from "../files/bitset.ts";
import { JsonField } from "../../json/jsonFields.ts";
import { readReceiptRecipe } from "../receipt/readReceipt.ts";
import {
  jsonRoot,
  ORIGINAL_FILE,
  readPerplexity,
  readShare,
  readTextRef,
  readVersion,
} from "../receipt/receiptFields.ts";
import type { Share } from "../receipt/receiptTypes.ts";
import { readRecovery } from "../receipt/recoveryReceipt.ts";
import { BASELINE_METHODS, RUN_FORMAT, type Run, type RunMasks, type RunRecipe, type RunRecord } from "./runRecord.ts";
import { readScores } from "./runScores.ts";
import { readWeightRecipe } from "../receipt/weightReceipt.ts";
import { readTargets } from "../../recipes/targets.ts";
import { readHistory, type RunHistory } from "./runHistory.ts";

/** Limit for the gates of a vector and for each side of a matrix. */
const MOST_GATES = 1e8;
const LONGEST_NAME = 200;

/** The runs of a JSON text: one run, or a list of them. Throws "format" (or "config" for a recipe out of bounds) naming the field. */
export function readRuns(text: string, file: string): Run[] {
  const root = jsonRoot(text, file);
  return (Array.isArray(root.value) ? root.list() : [root]).map(readRun);
}

function readRun(field: JsonField): Run {
  const record = readRecordField(field.get("record"));
  const masks = readMasksField(field.get("masks"));
  const expected = record.made.kind === "weights" ? "weights" : "gates";
  if (masks.kind !== expected)
    field.get("masks").get("kind").refuse(`${expected}, as made.kind is ${record.made.kind}`);
  const history = field.get("history");
  return { record, masks, ...(history.value === undefined ? {} : { history: readHistory(history) }) };
}

/** A run from parsed data; throws as `readRuns`. */
export const readParsedRun = (value: unknown, file: string): Run =>
  readRun(new JsonField(value, file, "", ORIGINAL_FILE));

/** A record from parsed data; throws as `readRuns`. */
export const readRunRecord = (value: unknown, file: string): RunRecord =>
  readRecordField(new JsonField(value, file, "", ORIGINAL_FILE));

/** Masks from parsed data; throws as `readRuns`. */
export const readRunMasks = (value: unknown, file: string): RunMasks =>
  readMasksField(new JsonField(value, file, "", ORIGINAL_FILE));

/** A history from parsed data; throws as `readRuns`. */
export const readRunHistory = (value: unknown, file: string): RunHistory =>
  readHistory(new JsonField(value, file, "", ORIGINAL_FILE));

function readRecordField(field: JsonField): RunRecord {
  const model = field.get("model");
  const kept = field.get("kept");
  const finished = field.get("finished");
  if (Number.isNaN(Date.parse(finished.text()))) finished.refuse("an ISO time");
  const times = field.get("msPerToken");
  const [recovery, scores] = [field.get("recovery"), field.get("scores")];
  const ms = (name: string): number => times.get(name).number({ min: 0 });
  return {
    format: readVersion(field.get("format"), RUN_FORMAT),
    id: nameOf(field.get("id")),
    name: nameOf(field.get("name")),
    finished: finished.text(),
    adapter: field.get("adapter").text(),
    model: {
      name: model.get("name").text(),
      modelType: model.get("modelType").text(),
      fingerprint: nameOf(model.get("fingerprint")),
    },
    made: readMade(field.get("made")),
    calibration: readTextRef(field.get("calibration")),
    perplexity: readPerplexity(field.get("perplexity")),
    kept: {
      blockWeights: readPart(kept.get("blockWeights")),
      modelWeights: readPart(kept.get("modelWeights")),
      bytes: kept.get("bytes").count(),
    },
    msPerToken: times.value === null ? null : { dense: ms("dense"), pruned: ms("pruned") },
    ...(recovery.value === undefined ? {} : { recovery: readRecovery(recovery) }),
    ...(scores.value === undefined ? {} : { scores: readScores(scores) }),
  };
}

function nameOf(field: JsonField): string {
  const text = field.text();
  return text !== "" && text.length <= LONGEST_NAME ? text : field.refuse(`1 to ${LONGEST_NAME} characters`);
}

/** Counts with at least one in total, and no more kept than there are. */
function readPart(field: JsonField): Share {
  const share = readShare(field);
  field.get("of").number({ min: 1, whole: true });
  field.get("kept").count(share.of);
  return share;
}

function readMade(field: JsonField): RunRecipe {
  const kind = field.get("kind").oneOf(["disp", "weights", "baseline"]);
  switch (kind) {
    case "disp": {
      const [targets, point] = [field.get("targets"), field.get("point")];
      return {
        ...{ kind, recipe: readReceiptRecipe(field.get("recipe")), steps: field.get("steps").count() },
        ...(targets.value === undefined ? {} : { targets: readTargets(targets) }),
        ...(point.value === undefined ? {} : { point: point.number({ min: 0, max: 1 }) }),
      };
    }
    case "weights":
      return { kind, recipe: readWeightRecipe(field.get("recipe")) };
    case "baseline":
      return {
        kind,
        method: field.get("method").oneOf(BASELINE_METHODS),
        ratio: field.get("keep").number({ min: 0, max: 1 }),
        seed: field.get("seed").count(2 ** 32 - 1),
      };
  }
}

function readMasksField(field: JsonField): RunMasks {
  const kind = field.get("kind").oneOf(["gates", "weights"]);
  const size = (of: JsonField): number => of.number({ min: 1, max: MOST_GATES, whole: true });
  if (kind === "gates") {
    const sizes = field.get("sizes").list().map(size);
    const masks = field
      .get("masks")
      .list(sizes.length)
      .map((mask, i) => checked(mask, sizes[i] ?? 0));
    return { kind, sizes, masks };
  }
  const list = field.get("matrices");
  const matrices = list.list().map((matrix) => {
    const [out, inner] = matrix.get("shape").list(2).map(size);
    const shape = [out ?? 0, inner ?? 0] as const;
    return { name: nameOf(matrix.get("name")), shape, mask: checked(matrix.get("mask"), shape[0] * shape[1]) };
  });
  const names = matrices.map(({ name }) => name);
  const twice = names.findIndex((name, i) => names.indexOf(name) < i);
  if (twice >= 0) list.list()[twice]?.get("name").refuse("each name once");
  return { kind, matrices };
}

/** The text of a bitset of exactly `length` bits. */
function checked(field: JsonField, length: number): string {
  const text = field.text();
  const fault = bitsetFault(text, length);
  return fault ? field.refuse(fault.expected) : text;
}

/** Every mask of a run in order, unpacked to 0 and 1, with its name: "s1 of block 0", or the tensor of a matrix. */
export function unpackRunMasks(masks: RunMasks): { name: string; gates: Uint8Array }[] {
  if (masks.kind === "weights")
    return masks.matrices.map(({ name, shape, mask }) => ({
      name,
      gates: unpackBits(mask, shape[0] * shape[1], name),
    }));
  return masks.masks.map((mask, i) => {
    const name = `s${(i % 5) + 1} of block ${Math.floor(i / 5)}`;
    return { name, gates: unpackBits(mask, masks.sizes[i] ?? 0, name) };
  });
}
