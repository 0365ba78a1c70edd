// The table of npm run compare: the dense model, then every run; the line above names text, context and tokens.
import type { RunRecord } from "../../engine/index.ts";
import { percent } from "../../shared/format.ts";
import { textTable } from "../host/textTable.ts";
import { compareMethodOf, type PlannedRun, ratioOf, seedOf } from "./methods.ts";

const HEAD = ["method", "ratio", "seed", "block weights", "whole model", "bytes", "perplexity"];
/** The first columns are words; the others are numbers. */
const WORD_COLUMNS = 2;

const percentOf = ({ kept, of }: { kept: number; of: number }): string => percent(kept / of, 2);

/** Model, text, context, tokens and adapter: a perplexity means nothing without them. */
export function measuredOnText({ model, perplexity, adapter }: RunRecord): string {
  const { text, context, tokens } = perplexity;
  return `${model.name}: perplexity on ${text.name}, context ${context}, ${tokens} tokens; ${adapter}`;
}

/** The table as text; all records are of one model and one text. Empty without records. planned: the run of each record, where known. */
export function compareTable(records: readonly RunRecord[], planned: readonly PlannedRun[] = []): string {
  const [first] = records;
  if (!first) return "";
  const { kept, perplexity } = first;
  const denseBytes = Math.round((kept.bytes / kept.modelWeights.kept) * kept.modelWeights.of);
  const rows = [
    HEAD,
    ["dense", "", "", percent(1, 2), percent(1, 2), String(denseBytes), perplexity.dense.toFixed(2)],
    ...records.map((record, i) => {
      const {
        made,
        kept: { blockWeights, modelWeights, bytes },
        perplexity: { pruned },
      } = record;
      return [
        ...[compareMethodOf(record, planned[i]), ratioOf(made), String(seedOf(made))],
        ...[percentOf(blockWeights), percentOf(modelWeights), String(bytes), pruned.toFixed(2)],
      ];
    }),
  ];
  return `${measuredOnText(first)}\n${textTable(rows, WORD_COLUMNS)}`;
}
